"""The pieces of `benchmarks/cost_scaling.py`: what is varied, what it should cost, and how one setting is measured."""
