"""A stand-in for `tensorflow_model_server` where neither Docker nor that binary is at hand.

Same command line, REST and gRPC surface, over TensorFlow's own SavedModel loader. It is for
development and tests: production runs the `tensorflow/serving` image. Behaviour follows
https://www.tensorflow.org/tfx/serving and the server's source, named at each place.
"""
