"""A stand-in for YuNet's file: the same inputs and outputs, but a face is whatever is bright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)
HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


def bright_spot_detector(path: Path, *, threshold: float = 200.0) -> Path:
    """Scores the mean brightness of every 32-pixel cell; its box is that cell and a bit more."""
    nodes, constants = [], []

    def constant(name: str, values: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(values, name))
        return name

    for stride in STRIDES:
        nodes.append(
            helper.make_node(
                "AveragePool", ["input"], [f"mean_{stride}"],
                kernel_shape=[stride, stride], strides=[stride, stride],
            )
        )  # fmt: skip
        for head, width in HEADS.items():
            weight = np.zeros((width, 3, 1, 1), np.float32)
            bias = np.zeros(width, np.float32)
            if head in ("cls", "obj"):
                strength = 0.2 if stride == 32 else 0.0
                weight[:] = strength / 3
                bias[:] = -strength * threshold if strength else -20.0
            if head == "bbox":  # offset of the centre in cells, logarithm of the size in cells
                bias[:] = [0.5, 0.5, np.log(1.5), np.log(1.5)]
            key = f"{head}_{stride}"
            names = [constant(f"w_{key}", weight), constant(f"b_{key}", bias)]
            nodes.append(helper.make_node("Conv", [f"mean_{stride}", *names], [f"conv_{key}"]))
            last = f"conv_{key}"
            if head in ("cls", "obj"):
                nodes.append(helper.make_node("Sigmoid", [last], [f"sig_{key}"]))
                last = f"sig_{key}"
            nodes.append(helper.make_node("Transpose", [last], [f"t_{key}"], perm=[0, 2, 3, 1]))
            shape = constant(f"s_{key}", np.array([1, -1, width], np.int64))
            nodes.append(helper.make_node("Reshape", [f"t_{key}", shape], [key]))
    outputs = [
        helper.make_tensor_value_info(f"{head}_{stride}", TensorProto.FLOAT, [1, "n", width])
        for head, width in HEADS.items()
        for stride in STRIDES
    ]
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 320, 320])
    graph = helper.make_graph(nodes, "bright", [image], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path
