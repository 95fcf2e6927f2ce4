"""Spans of OpenTelemetry: the calls of models that an application reports, in every dialect."""
