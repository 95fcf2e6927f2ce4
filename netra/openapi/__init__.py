"""How the REST API describes itself: OpenAPI 3.1 at `/api/schema/`."""
