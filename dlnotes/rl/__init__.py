"""Reinforcement learning: environments written in JAX, and the loop that plays them.

An environment is a set of plain numbers with three pure functions: `reset` draws a first state, `observe` says what the
agent sees of it, `step` takes an action and gives the next state. So thousands of environments are stepped at once, and
playing, learning and all are compiled into one program.
"""

from dlnotes.rl.cartpole import CartPole, CartPoleState
from dlnotes.rl.environment import Environment, Step
from dlnotes.rl.rollout import Policy, Transition, rollout

__all__ = ["CartPole", "CartPoleState", "Environment", "Policy", "Step", "Transition", "rollout"]
