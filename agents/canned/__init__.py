"""Prepared answers: which there are for a conversation, in its language, and what fills them in."""
