"""The product beside small stand-ins of Slack and Telegram, in one browser page: `remora demo`. The adapters are the real
ones and speak over HTTP, as with the platforms; only what these adapters call is played here."""
