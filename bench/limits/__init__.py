"""What this machine can do at all, each with as little as possible around it: ``python -m bench.limits``.

``relay`` and ``echo`` are servers that only hand frames on, driven by the generator of all builds
(``bench/builds/relay.py``); ``publish`` and ``commits`` are loops of their own.
"""
