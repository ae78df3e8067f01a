#!/bin/bash
read -p "是否开始训练? (y/n): " -n 1 -r
echo ""
if [[ ! $REPLY =~ ^[Yy]$ ]]; then
    echo "🛑 训练已取消"
    exit 0
fi
mkdir -p logs
python train.py --config config_data_action_head.json --mode predict 2>&1 | tee logs/training.log
echo "✅ 训练完成！"
