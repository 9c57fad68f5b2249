"""The pieces of `benchmarks/train_speed.py`: what is trained, who trains it, and how it is timed."""
