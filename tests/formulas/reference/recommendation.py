"""Recommenders: what is solved, what is made small and its gradients, one user and one item at a time.

Matrices of who took what are [U, I], 1 where user u took item i and else 0.
"""

import math

import numpy as np

from tests.formulas.reference.arrays import Booleans, Floats, Integers


def cosine_similarities(taken: Floats, shrinkage: float) -> Floats:
    """s_ij = n_ij/√(n_i·n_j) · n_ij/(n_ij + shrinkage), none of an item to itself (Sarwar 2001; Bell 2007)."""
    num_items = taken.shape[1]
    found = np.zeros((num_items, num_items))
    for i in range(num_items):
        for j in range(num_items):
            both = float((taken[:, i] * taken[:, j]).sum())
            if i != j and both:
                cosine = both / math.sqrt(taken[:, i].sum() * taken[:, j].sum())
                found[i, j] = cosine * both / (both + shrinkage)
    return found


def ease(taken: Floats, l2: float) -> Floats:
    """Column by column, the ridge regression of an item on all others (what H. Steck, 2019, equation 4, asks for)."""
    num_items = taken.shape[1]
    found = np.zeros((num_items, num_items))
    for j in range(num_items):
        others = [i for i in range(num_items) if i != j]
        inputs = taken[:, others]
        found[others, j] = np.linalg.solve(inputs.T @ inputs + l2 * np.eye(len(others)), inputs.T @ taken[:, j])
    return found


def implicit_gradient(
    taken: Floats, users: Floats, items: Floats, unobserved_weight: float, l2: float, frequency: float
) -> tuple[Floats, Floats]:
    """Half the gradient of iALS' objective by the vectors of users [U, D] and of items [I, D] (S. Rendle et al., 2022).

    Σ_taken (w·h − 1)² + α₀·ΣΣ (w·h)² + λ·(Σ_u (n_u + α₀·I)^ν·‖w_u‖² + Σ_i (n_i + α₀·U)^ν·‖h_i‖²).
    """
    num_users, num_items = taken.shape
    by_users, by_items = np.zeros_like(users), np.zeros_like(items)
    for u in range(num_users):
        for i in range(num_items):
            score = float(users[u] @ items[i])
            slope = taken[u, i] * (score - 1) + unobserved_weight * score
            by_users[u] += slope * items[i]
            by_items[i] += slope * users[u]
    for u in range(num_users):
        by_users[u] += l2 * (taken[u].sum() + unobserved_weight * num_items) ** frequency * users[u]
    for i in range(num_items):
        by_items[i] += l2 * (taken[:, i].sum() + unobserved_weight * num_users) ** frequency * items[i]
    return by_users, by_items


def confidence_solution(taken: Floats, items: Floats, alpha: float, l2: float) -> Floats:
    """x_u = (YᵀC_u·Y + λ·I)⁻¹YᵀC_u·p_u with C_u = diag(1 + α·p_u), [U, D] (Y. Hu et al., 2008, equation 4)."""
    found = np.zeros((len(taken), items.shape[1]))
    for u, preferences in enumerate(taken):
        confidence = np.diag(1 + alpha * preferences)
        system = items.T @ confidence @ items + l2 * np.eye(items.shape[1])
        found[u] = np.linalg.solve(system, items.T @ confidence @ preferences)
    return found


def pairwise(
    user: Floats, items: Floats, biases: Floats, pairs: list[tuple[int, int]], l2: float
) -> tuple[float, Floats, Floats, Floats]:
    """Mean over pairs (i, j) of −ln σ(x_i − x_j) + λ·‖θ‖², x_i = b_i + p·q_i, and its gradients (Rendle et al., 2009).

    By θ it is (σ(x_i − x_j) − 1)·∂(x_i − x_j)/∂θ + 2λ·θ; by the user's vector [D], the items' [I, D], their biases [I].
    """
    loss, by_user, by_items, by_biases = 0.0, np.zeros_like(user), np.zeros_like(items), np.zeros_like(biases)
    for i, j in pairs:
        difference = float(biases[i] - biases[j] + user @ (items[i] - items[j]))
        probability = 1 / (1 + math.exp(-difference))
        squares = sum(float((part**2).sum()) for part in (user, items[i], items[j], biases[i], biases[j]))
        loss += (l2 * squares - math.log(probability)) / len(pairs)
        slope = probability - 1
        by_user += (slope * (items[i] - items[j]) + 2 * l2 * user) / len(pairs)
        for item, sign in ((i, 1), (j, -1)):
            by_items[item] += (sign * slope * user + 2 * l2 * items[item]) / len(pairs)
            by_biases[item] += (sign * slope + 2 * l2 * biases[item]) / len(pairs)
    return loss, by_user, by_items, by_biases


def rating_gradient(
    rated: list[tuple[int, int, float]],
    users: tuple[Floats, Floats],
    items: tuple[Floats, Floats],
    mean: float,
    l2: float,
    bias_l2: float,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Half the gradient of Σ (r − r̂)² + Σ (λ·n·‖p‖² + λ_b·b²), r̂ = μ + b_u + b_i + p_u·q_i (Koren et al., 2009).

    Users and items are each vectors [N, D] and biases [N]; the gradients come in the same order.
    """
    (p, b), (q, c) = users, items
    by_p, by_b, by_q, by_c = np.zeros_like(p), bias_l2 * b, np.zeros_like(q), bias_l2 * c
    for u, i, rating in rated:
        error = mean + b[u] + c[i] + float(p[u] @ q[i]) - rating
        by_p[u] += error * q[i] + l2 * p[u]
        by_q[i] += error * p[u] + l2 * q[i]
        by_b[u] += error
        by_c[i] += error
    return by_p, by_b, by_q, by_c


def content_cosines(features: Booleans, history: Integers) -> Floats:
    """Cosines [I] of the mean of some items with all, by features [I, F] that weigh ln(I/I_f) + 1 (Spärck Jones, 1972).

    An item without features has the vector 0, and so has a history without items; their cosines are 0.
    """
    num_items = len(features)
    weights = np.array([math.log(num_items / max(1, column.sum())) + 1 for column in features.T])
    vectors = features * weights
    vectors = np.array([v / max(float(np.linalg.norm(v)), 1e-300) for v in vectors])
    profile = np.mean(vectors[history], axis=0) if len(history) else np.zeros(vectors.shape[1])
    cosines: Floats = vectors @ profile / max(float(np.linalg.norm(profile)), 1e-300)
    return cosines
