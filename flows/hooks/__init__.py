"""Webhooks: what is sent to other systems, and how it is made sure that nobody lets us call where we must not."""

from __future__ import annotations

from flows.hooks.post import Post
from flows.hooks.sending import Done, deliver, serve

__all__ = ["Done", "Post", "deliver", "serve"]
