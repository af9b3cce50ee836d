"""Print the model versions that the model server answers for, newest first. Runs where it is seen."""

import json
import os
import urllib.request

ADDRESS = "{NEW_SERVICE_MODEL_URL}/v1/models/{NEW_SERVICE_MODEL_NAME}".format(**os.environ)

# No proxy: it has no business between the parts of one environment.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with opener.open(ADDRESS, timeout=5) as answer:
    states = json.load(answer)["model_version_status"]
serving = [one["version"] for one in states if one["state"] == "AVAILABLE"]
print(" ".join(serving) or "-")
