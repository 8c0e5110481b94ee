"""chat.v1 as types: every command and every frame, decoded and encoded. No Django, no I/O."""
