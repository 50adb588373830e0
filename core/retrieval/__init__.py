"""Ranking short texts for a question, in English and Chinese, in memory: knowledge and memory both build on it.

    index = Index[int]()
    index.add(1, "The office is in Berlin.")          # words at once; the meaning may follow: index.give(1, vector)
    index.search("where is the office", 5, allowed=lambda id: ...)   -> list[Hit]

`terms` is what a text is made of, `index` ranks, `meaning` makes the vectors that the encoders of intents give. Without
vectors, words alone rank. Nothing here knows where texts come from, or who may read them: `allowed` says that.
"""
