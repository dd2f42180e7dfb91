"""What the API is measured beside: a bare route, the ORM idiom, a Django REST view."""
