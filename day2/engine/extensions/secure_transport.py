"""Requests count as sent over TLS, so that policies that refuse anything else let them through.

The engine's AWS endpoint is plain HTTP on loopback; what it cannot show is that a client without TLS is refused.
"""

from ministack import app

from day2.engine.settings import EngineSettings

NEEDS = ("app.pin_request_origin",)

_pin = app.pin_request_origin


def install(_settings: EngineSettings) -> None:
    app.pin_request_origin = lambda source_ip, _secure: _pin(source_ip, secure_transport=True)
