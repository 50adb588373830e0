"""The JSON API for machines: `/api/v1` for what pages do, `/v1` as OpenAI's clients expect it."""
