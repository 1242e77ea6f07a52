#!/bin/sh
# Beam starts its workers with options only (`--id=... --control_endpoint=...`, or `--worker_pool`); a person starts
# Assay with a command (`run ...`).
case "${1:-}" in
    --help) exec assay --help ;;
    --*) exec /opt/apache/beam/boot "$@" ;;
    *) exec assay "$@" ;;
esac
