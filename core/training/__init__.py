"""Developer mode, offline: data, fine-tuning, evaluation. Nothing in the running bot imports it.

data/         files of conversations: read, checked, scrubbed, split
runs.py       what a training run leaves behind: the folder REMORA_DATA_DIR/models/NAME and its manifest
"""
