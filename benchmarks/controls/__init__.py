"""Other ways to find symbols, scored by the same harness as the baselines: rows to compare with."""
