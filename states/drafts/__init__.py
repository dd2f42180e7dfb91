"""A plan's text -> the draft of a template, for a person to finish.

    read a text      manuscript.from_text(text) -> Manuscript (a Word file: states.documents.worddoc)
    draft it         draft(manuscript, key) -> Draft: YAML with a list of what is left to do at its top

Rules and grammar only. Nothing is in a draft that is not in the text: dates, blanks and names are copied as printed,
each entry with its sentence, its place and how sure it is. Times of a ladder are never proposed.
"""

from states.drafts.compose import find
from states.drafts.manuscript import Manuscript, from_parts, from_text
from states.drafts.proposals import Findings, Proposal, Sure
from states.drafts.writing import Draft, draft

__all__ = ["Draft", "Findings", "Manuscript", "Proposal", "Sure", "draft", "find", "from_parts", "from_text"]
