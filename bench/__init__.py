"""Measurements of the running product beside a peer: ``make bench``; ``QUICK=1`` makes it short.

``__main__`` says what is run. A figure (``first_figure``) is a question and the run that answers it; a
build (``builds/``) is something that can be started and spoken to; ``generator`` sends and hears,
``accounts`` counts what became of it, ``search`` climbs, ``report`` writes. Peers' code is in ``peers/``,
brought by ``npm`` where it is Node's; ``socketio`` is the wire of one. What the machine can do at all is in
``limits/``.
"""
