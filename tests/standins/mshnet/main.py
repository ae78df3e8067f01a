from __future__ import annotations

import os

from mshnet import Trainer, parser  # type: ignore[import-not-found]  # beside this file

os.environ["CUDA_VISIBLE_DEVICES"] = "0"

if __name__ == "__main__":
    args = parser().parse_args()
    trainer = Trainer(args)
    print("CUDA is not available, using CPU instead")
    trainer.run()
