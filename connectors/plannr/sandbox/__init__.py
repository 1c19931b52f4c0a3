"""A runnable stand-in for Plannr's public API, with its own database, webhooks and fault controls.

``create_app`` in ``app.py`` builds it, ``python -m connectors.plannr.sandbox`` runs it. It is written from Plannr's
published pages alone and shares nothing with the adapter that talks to it, so a shared misreading shows. What goes
beyond the published pages is listed in ``assumptions.py`` and served at ``/_sandbox/assumptions``.
"""
