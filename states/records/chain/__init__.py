"""The journal sealed: rows bound into batches after they were committed, roots signed, people erased, all of it read out.

What is hashed and how it is judged is in `states.chain`; see docs/journal.md.
"""
