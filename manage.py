#!/usr/bin/env python
"""Entry point of every management command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdesk.settings")
    from django.core.management import execute_from_command_line

    from chatdesk.configuration import ConfigurationError

    try:
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        # The sentence says which setting and what is wrong; a stack of calls says less.
        sys.exit(str(error))


if __name__ == "__main__":
    main()
