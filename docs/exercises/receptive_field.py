"""Exercise 2.3: how many pixels along one side a unit of the last layer sees.

练习 2.3：最后一层的一个单元沿一条边能看到多少像素。
"""

from checking import check


def receptive_field(layers):
    """layers: a (kernel, stride) for each, from the first to the last; returns a whole number."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(receptive_field)
