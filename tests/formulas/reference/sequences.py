"""Layers of sequences [T, D], one example at a time: embeddings, recurrent cells, positions, attention, transformer."""

import math

import numpy as np

from tests.formulas.reference.activations import sigmoid, tanh
from tests.formulas.reference.arrays import Booleans, Floats, Integers


def embedding(tokens: Integers, table: Floats) -> Floats:
    """y_t = E[x_t]: tokens [T] to [T, D] (Y. Bengio et al., 2003)."""
    return np.array([table[token] for token in tokens])


def embedding_backward(gradient: Floats, tokens: Integers, rows: int, padding: int) -> Floats:
    """∂L/∂E[v] = Σ_t ∂L/∂y_t over the places of v; the row of the padding is no parameter."""
    to_table = np.zeros((rows, gradient.shape[1]))
    for t, token in enumerate(tokens):
        if token != padding:
            to_table[token] += gradient[t]
    return to_table


def rnn(x: Floats, w: Floats, u: Floats, b: Floats, relu: bool = False, start: Floats | None = None) -> Floats:
    """h_t = f(W·x_t + U·h_{t-1} + b), h_0 = 0 unless it is given: all states [T, H] (J. L. Elman, 1990)."""
    h, states = np.zeros(len(b)) if start is None else start, []
    for step in x:
        total = w @ step + u @ h + b
        h = np.maximum(total, 0) if relu else tanh(total)
        states.append(h)
    return np.array(states)


def lstm(x: Floats, w: Floats, u: Floats, b: Floats, start: Floats | None = None) -> Floats:
    """Rows of W, U, b by gate: input, forget, memory, output (F. A. Gers, J. Schmidhuber and F. Cummins, 2000).

    What is given to begin with is the state and, after it, the memory.
    """
    (h, c), states = np.split(np.zeros(len(b) // 2) if start is None else start, 2), []
    for step in x:
        i, f, g, o = np.split(w @ step + u @ h + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        states.append(h)
    return np.array(states)


def gru(x: Floats, w: Floats, u: Floats, b: Floats, start: Floats | None = None) -> Floats:
    """Rows by gate: reset, keep, new; K. Cho et al. (2014, equations 5 to 8) with r∘(U·h) for U·(r∘h)."""
    h, states = np.zeros(len(b) // 3) if start is None else start, []
    for step in x:
        (wr, wz, wn), (ur, uz, un) = np.split(w @ step + b, 3), np.split(u @ h, 3)
        r, z = sigmoid(wr + ur), sigmoid(wz + uz)
        h = z * h + (1 - z) * tanh(wn + r * un)
        states.append(h)
    return np.array(states)


def sinusoids(steps: int, size: int) -> Floats:
    """PE(t, 2i) = sin(t / 10000^(2i/D)), PE(t, 2i+1) = cos of the same (A. Vaswani et al., 2017, section 3.5)."""
    table = np.zeros((steps, size))
    for t in range(steps):
        for d in range(size):
            angle = t / 10_000 ** ((d - d % 2) / size)
            table[t, d] = math.cos(angle) if d % 2 else math.sin(angle)
    return table


def rotary(x: Floats, start: int = 0) -> Floats:
    """The block-diagonal matrix R_t of J. Su et al. (2021, equation 15) times each row of x [T, K]."""
    steps, size = x.shape
    turned = np.zeros_like(x)
    for t in range(steps):
        matrix = np.zeros((size, size))
        for i in range(0, size, 2):
            angle = (start + t) * 10_000 ** (-i / size)
            matrix[i, i] = matrix[i + 1, i + 1] = math.cos(angle)
            matrix[i, i + 1], matrix[i + 1, i] = -math.sin(angle), math.sin(angle)
        turned[t] = matrix @ x[t]
    return turned


def attention(q: Floats, k: Floats, v: Floats, causal: bool, there: Floats | Booleans) -> Floats:
    """Softmax(q·kᵀ/√K)·v over the keys that a query may see (ibid., equation 1); 0 where it may see none."""
    outputs = np.zeros((len(q), v.shape[1]))
    for t in range(len(q)):
        seen = [s for s in range(len(k)) if there[s] and (not causal or s <= t + len(k) - len(q))]
        if seen:
            powers = np.array([math.exp(float(q[t] @ k[s]) / math.sqrt(q.shape[1])) for s in seen])
            outputs[t] = sum(p * v[s] for p, s in zip(powers / powers.sum(), seen, strict=True))
    return outputs


def heads(x: Floats, p: dict[str, Floats], num_heads: int, causal: bool, there: Floats, turned: bool) -> Floats:
    """Multi-head attention (ibid., section 3.2.2): rows of the first matrix are queries, keys, values, head by head."""
    q, k, v = np.split(x @ p["into.weight"].T + p["into.bias"], 3, axis=1)
    size, found = x.shape[1] // num_heads, []
    for h in range(num_heads):
        part = slice(h * size, (h + 1) * size)
        qh, kh = (rotary(q[:, part]), rotary(k[:, part])) if turned else (q[:, part], k[:, part])
        found.append(attention(qh, kh, v[:, part], causal, there))
    return np.concatenate(found, axis=1) @ p["out.weight"].T + p["out.bias"]


def layer_norm(x: Floats, scale: Floats, shift: Floats) -> Floats:
    """Each step on its own: (x - μ)/√(σ² + ε)·scale + shift (J. L. Ba, J. R. Kiros and G. E. Hinton, 2016)."""
    centred = x - x.mean(1, keepdims=True)
    normed: Floats = centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) * scale + shift
    return normed


def transformer(
    x: Floats, p: dict[str, Floats], num_heads: int, causal: bool, there: Floats, turned: bool, power: int = 1
) -> Floats:
    """h = x + attention(norm(x)), y = h + W₂·ReLU(W₁·norm(h) + b₁) + b₂ (R. Xiong et al., 2020, the pre-norm block)."""
    own = {name.removeprefix("attention."): value for name, value in p.items()}
    h = x + heads(layer_norm(x, p["norm1.weight"], p["norm1.bias"]), own, num_heads, causal, there, turned)
    inner = np.maximum(layer_norm(h, p["norm2.weight"], p["norm2.bias"]) @ p["dense1.weight"].T + p["dense1.bias"], 0)
    return h + inner**power @ p["dense2.weight"].T + p["dense2.bias"]


def through_linear(last: Floats, u: Floats, distance: int) -> float:
    """‖∂L/∂h_{T-d}‖ = ‖(Uᵀ)^d·∂L/∂h_T‖ of h_t = W·x_t + U·h_{t-1} + b (Y. Bengio, P. Simard and P. Frasconi, 1994)."""
    return float(np.linalg.norm(np.linalg.matrix_power(u.T, distance) @ last))


def through_tanh(last: Floats, states: Floats, u: Floats, distance: int) -> float:
    """The same with f = tanh: Uᵀ·diag(1 - h_t²) once for each step on the way back, states [T, H]."""
    gradient = last
    for h in states[len(states) - distance :][::-1]:
        gradient = u.T @ ((1 - h**2) * gradient)
    return float(np.linalg.norm(gradient))
