"""What the lake's starter tells this process: etc/lake.json (written by config.ts), named by RUCIO_LAKE_CONFIG."""
import json
import os

with open(os.environ['RUCIO_LAKE_CONFIG'], encoding='utf-8') as _file:
    LAKE = json.load(_file)

DIR = LAKE['dir']
PORTS = LAKE['ports']
DATABASE = f"postgresql://rucio:rucio@127.0.0.1:{PORTS['postgres']}"
