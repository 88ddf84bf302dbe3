"""Configuration: YAML with line numbers, typed settings, and errors that name the key.

``yaml_core`` reads and writes the text, ``fields`` turns a typed signature into a schema and checks
values against it, ``settings`` declares the static sections, ``documents`` merges files and overrides,
``writing`` prints commented files and the JSON Schema.
"""
