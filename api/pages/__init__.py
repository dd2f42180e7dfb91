"""The pages that people open in a browser. `router()` is all that the application includes.

The application keeps what they need in its state: `app.state.settings` and `app.state.store`.
"""

from api.pages.routes import router

__all__ = ["router"]
