from __future__ import annotations

import subprocess
import sys

choice = input("是否立即开始训练? (y/n): ").strip().lower()
if choice in ("y", "yes", "是"):
    config = ["--config", "config_data_action_head.json", "--mode", "train"]
    subprocess.run([sys.executable, "train.py", *config], check=False)
else:
    print("🛑 训练取消")
