"""Makes the encoder that the settings name, or none. Must not be asked more than once in a process."""

from __future__ import annotations

from app.settings import Settings
from integrations.embeddings import EmbeddingsEndpoint
from integrations.sentence_encoder import SentenceEncoder
from knowledge.dense import Encoder


def make_encoder(settings: Settings) -> Encoder | None:
    """None: words alone."""
    if settings.knowledge_encoder == "folder" and settings.knowledge_encoder_folder is not None:
        return SentenceEncoder(settings.knowledge_encoder_folder)
    if settings.knowledge_encoder == "endpoint":
        return EmbeddingsEndpoint(
            settings.knowledge_encoder_url,
            model=settings.knowledge_encoder_model,
            key=settings.knowledge_encoder_key,
        )
    return None
