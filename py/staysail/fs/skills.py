"""Skills: folders with a SKILL.md, whose front matter says what the skill is for, and optionally references and scripts.

The names and descriptions of skills are listed to an agent; a skill's text and its other files are read when they are needed. Format:
https://agentskills.io/specification
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigError, ToolFSError
from ..core.front_matter import split_front_matter
from ..core.value import NOTHING, Value

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_NAME = 64
LONGEST_DESCRIPTION = 1024


class Skill(Value):
    """A skill.

    Attributes:
        body: The text below the front matter.
        references, scripts, others: Paths of the skill's other files.
        problem: Why the skill cannot be used; '' if it can.
        fields: The whole front matter.
    """

    name: str
    description: str
    body: str = ""
    path: str = ""
    references: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    problem: str = ""
    fields: Mapping[str, Any] = NOTHING

    def to_dict(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in Skill.__match_args__} | {"fields": dict(self.fields)}

    def with_files(self, folder: str, files: list[str]) -> Skill:
        beside = [file for file in sorted(files) if file != self.path]
        references = tuple(file for file in beside if file.startswith(f"{folder}/references/"))
        scripts = tuple(file for file in beside if file.startswith(f"{folder}/scripts/"))
        return self.replace(
            references=references, scripts=scripts, others=tuple(file for file in beside if file not in (*references, *scripts))
        )

    def to_text(self) -> str:
        """Returns the skill for a model: its text, then the paths of its other files."""
        parts = [f"# Skill {self.name}\n\n{self.body.strip()}"]
        for title, files in (("References", self.references), ("Scripts", self.scripts), ("Other files", self.others)):
            if files:
                parts.append(f"{title}, to be read when needed:\n" + "\n".join(f"- {file}" for file in files))
        return "\n\n".join(parts)


def read_skill(text: str, folder_name: str, path: str) -> Skill:
    """Returns the skill of a SKILL.md. Raises ToolFSError ("bad_request") for a skill that breaks the format."""
    try:
        fields, begin = split_front_matter(text)
        name, description = fields.get("name"), fields.get("description")
        if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise ConfigError(f"name is lower-case letters, digits and single hyphens, at most {LONGEST_NAME}, not {name!r}")
        if name != folder_name:
            raise ConfigError(f"name is {name!r}, and its folder is called {folder_name!r}; they must be the same")
        if not isinstance(description, str) or not description.strip() or len(description) > LONGEST_DESCRIPTION:
            raise ConfigError(f"description says what the skill is for, in 1 to {LONGEST_DESCRIPTION} characters")
    except ConfigError as error:
        raise ToolFSError(f"{path}: {error}", code="bad_request", path=path) from error
    return Skill(name, description.strip(), text[begin:], path, fields=fields)
