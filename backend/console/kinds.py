"""Names that the service gives to kinds of columns, model types and operations, in words for people."""

KINDS = {
    "number": "Number",
    "category": "Category",
    "boolean": "Yes or no",
    "moment": "Date or time",
    "formatted_number": "Number with a sign or unit",
    "key": "Key",
    "person_name": "Name of a person",
    "email": "E-mail address",
    "phone": "Phone number",
    "user_name": "User name",
    "url": "Web address",
    "ip_address": "IP address",
    "iban": "IBAN",
    "card_number": "Card number",
    "national_id": "National ID",
    "address": "Postal address",
    "postcode": "Postcode",
    "text": "Free text",
    "nested": "Lists or objects",
    "constant": "Always the same",
    "empty": "Empty",
}

MODEL_TYPES = {
    "tabular_cvae": "Recommended for most tables.",
    "mixed_data_cvae": "Columns of many categories beside numbers: fewer weights, smaller files.",
    "tabular_vae_gmm": "Rows that fall into groups that you want to find.",
    "tabular_ctgan": "To compare with published CTGAN results; slower and less faithful. No anomaly detection.",
}

OPERATIONS = {
    "dataset.info": "Describe a table",
    "dataset.rows": "Look at rows",
    "dataset.profile": "Profile a table",
    "dataset.convert": "Convert a table",
    "labeling.create_labels": "Label a table",
    "labeling.try_functions": "Try labeling functions",
    "labeling.suggest_functions": "Suggest labeling functions",
    "labeling.suggest_rows": "Suggest rows to label",
    "labeling.run_pipeline": "Find labels by itself",
    "training.create_config": "Write a configuration",
    "training.train_model": "Train a model",
    "training.run_pipeline": "Find a model by itself",
    "generation.generate_data": "Generate rows",
    "generation.run_pipeline": "Make a version to share",
    "generation.evaluate": "Measure synthetic rows",
    "cleaning.run_pipeline": "Clean a table by itself",
    "cleaning.detect_anomalies": "Find odd rows",
    "cleaning.check_table": "Check a table",
    "cleaning.apply_fixes": "Mend a table",
    "cleaning.fill_missing": "Fill missing cells",
}

FIX_KINDS = {
    "rule": "Broken rules",
    "range": "Out of range",
    "spelling": "Misspelt",
    "format": "Other format",
    "outlier": "Unusual",
    "label": "Probably another class",
}
