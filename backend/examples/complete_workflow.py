import requests
import time

BASE_URL = "http://localhost:5000"

# 1. LABEL DATA
print("Step 1: Labeling data...")
response = requests.post(
    f"{BASE_URL}/api/labeling/create-labels",
    json={
        "data_path": "backend/testing_data/adult.csv",
        "output_path": "backend/output_data/adult_labeled.parquet",
        "labeling_functions": [
            {
                "name": "lf_high_capital",
                "code": "def lf_high_capital(x):\n    return 1 if x.get('capital-gain', 0) > 5000 else 0",
            },
            {
                "name": "lf_educated",
                "code": "def lf_educated(x):\n    return 1 if x.get('education-num', 0) >= 13 else 0",
            },
        ],
    },
)
labeled_path = response.json()["output_path"]
print(f"✓ Labeled data saved to: {labeled_path}")

# 2. CREATE TRAINING CONFIG
print("\nStep 2: Creating training config...")
response = requests.post(
    f"{BASE_URL}/api/training/create-config",
    json={
        "data_path": labeled_path,
        "output_dir": "backend/output_data/models/",
        "model_type": "tabular_cvae",
        "training_params": {"epochs": 30, "batch_size": 128, "learning_rate": 0.001},
    },
)
config_path = response.json()["config_path"]
print(f"✓ Config created: {config_path}")

# 3. TRAIN MODEL
print("\nStep 3: Training model (this may take a few minutes)...")
response = requests.post(f"{BASE_URL}/api/training/train-model", json={"config_path": config_path})
model_info = response.json()
model_path = model_info["model_path"]
preprocessor_path = model_info["preprocessor_path"]
print(f"✓ Model trained: {model_path}")

# 4. GENERATE SYNTHETIC DATA
print("\nStep 4: Generating synthetic data...")
response = requests.post(
    f"{BASE_URL}/api/generation/generate-data",
    json={
        "model_path": model_path,
        "config_path": config_path,
        "label": 1.0,
        "num_to_generate": 1000,
        "output_path": "backend/output_data/synthetic_data.parquet",
        "output_format": "parquet",
    },
)
synthetic_path = response.json()["output_path"]
print(f"✓ Generated 1000 synthetic samples: {synthetic_path}")

# 5. DETECT ANOMALIES
print("\nStep 5: Detecting anomalies...")
response = requests.post(
    f"{BASE_URL}/api/cleaning/detect-anomalies",
    json={
        "config_path": config_path,
        "model_path": model_path,
        "preprocessor_path": preprocessor_path,
        "data_to_scan_path": "backend/testing_data/adult.csv",
        "output_path": "backend/output_data/anomalies.parquet",
    },
)
anomaly_info = response.json()
print(f"✓ Scanned {anomaly_info['num_samples_scanned']} samples")
print(f"  Anomaly score range: {anomaly_info['anomaly_score_range']}")
print(f"  Report saved to: {anomaly_info['output_path']}")

print("\n✅ Complete workflow finished successfully!")
