"""What every REST view here shares: strict JSON in, JSON out whatever is asked for, nothing stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chatdesk.refusals import Refused

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class StrictJSONParser(JSONParser):
    """One JSON object in UTF-8: no NaN, no lone surrogates, no depth without end, no other type."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        limit = settings.CHATDESK_LIMITS["http_body_bytes"]
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise Refused("too_big")
        try:
            found = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise ParseError from error
        if not isinstance(found, dict):
            raise ParseError
        return found


class OnlyJSON(BaseContentNegotiation):
    """There is one form of an answer, so what the client would rather have is not looked at."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = (request.content_type or "").split(";")[0].strip().lower()
        return parsers[0] if content_type == "application/json" else None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class View(APIView):
    parser_classes = [StrictJSONParser]
    content_negotiation_class = OnlyJSON

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        done = super().finalize_response(request, response, *args, **kwargs)
        done["Cache-Control"] = "no-store"
        return done


class Text(serializers.CharField):
    """A string: not a number, not trimmed, and (unless ``with_controls``) without control characters
    other than tab and newline."""

    default_error_messages = {"controls": "Control characters are not allowed."}

    def __init__(self, *, with_controls: bool = False, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        self._with_controls = with_controls
        if with_controls:
            self.validators = []

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if not self._with_controls and _CONTROLS.search(data):
            self.fail("controls")
        return data


class Strict(serializers.Serializer[Any]):
    """A body in which an unknown field is an error."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError(
                {
                    name: serializers.ErrorDetail("This field is unknown.", code="unknown")
                    for name in sorted(unknown)[:20]
                }
            )
        return super().to_internal_value(data)


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    fields_ = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="Field to constant code"
    )

    def get_fields(self) -> dict[str, Any]:
        # ``fields`` is the serializer's own attribute, so the name is given here.
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found


class RefusalSerializer(serializers.Serializer[Any]):
    """What every refusal looks like."""

    error = ErrorSerializer()
