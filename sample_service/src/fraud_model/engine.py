"""TensorFlow, told before it is loaded to add up in one order and to keep its notices to itself.

oneDNN's kernels may round otherwise from one machine to the next, so they are off in training.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Keras looks at this when it is imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

tf.get_logger().setLevel("ERROR")

__all__ = ["keras", "model_pb2", "predict_pb2", "prediction_log_pb2", "tf"]
