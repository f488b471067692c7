"""``asyncapi``: what stands on the topics, for those who read and write them."""

import typer

from api.cli.output import print_json
from api.cli.settings import with_settings
from streams.asyncapi import document
from streams.settings import Settings

commands = typer.Typer()


@commands.command()
@with_settings("topic_prefix")
def asyncapi(settings: Settings) -> None:
    """Print the AsyncAPI document of the topics.

    The messages on each, with their JSON Schemas: what a consumer in any language can be made from.
    """
    print_json(document(settings.topic_prefix))
