# An agent in Django's views that are not async: `python django_app.py runserver`.

import os

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import path

from staysail import Agent, TextDelta

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY=os.urandom(32).hex(), ALLOWED_HOSTS=["127.0.0.1", "localhost"])
agent = Agent("openai:gpt-6-luna", preamble="Be brief.")


def ask(request: HttpRequest) -> HttpResponseBase:
    reply = agent.prompt_sync(request.GET["question"])
    return JsonResponse({"text": reply.text, "tokens": reply.usage.total_tokens})


def stream(request: HttpRequest) -> HttpResponseBase:
    events = agent.stream_sync(request.GET["question"])
    return StreamingHttpResponse((event.text for event in events if isinstance(event, TextDelta)), content_type="text/plain")


urlpatterns = [path("ask", ask), path("stream", stream)]

if __name__ == "__main__":
    execute_from_command_line()
