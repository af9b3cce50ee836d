"""Which commands and actions of CI deploy, which go back, and what only looks like it."""

from __future__ import annotations

import re

from handbook.collect.deploy.places import is_production
from handbook.model.delivery import Step
from handbook.model.source import Spot

_COMMAND = re.compile(
    r"(?<![\w-])(?:"
    r"kubectl\s[^|;&\n]{0,200}?\b(?:apply|replace|set\s+image|rollout\s+restart|create\s+-f)\b"
    r"|helm\s[^|;&\n]{0,200}?\b(?:upgrade|install)\b(?!\s+--help)"
    r"|helmfile\s[^|;&\n]{0,100}?\b(?:apply|sync)\b"
    r"|kapp\s+deploy\b|gke-deploy\s+(?:run|apply)\b|skaffold\s+(?:run|deploy)\b|kn\s+service\s+(?:create|apply|update)\b"
    r"|argocd\s+app\s+(?:sync|set|create)\b|flux\s+reconcile\b"
    r"|(?:terraform|tofu|terragrunt)\s[^|;&\n]{0,200}?\bapply\b|pulumi\s+up\b|cdk\s+deploy\b"
    r"|(?:serverless|sls|sam|copilot|fly|flyctl|railway|wrangler|vercel|netlify|firebase|chalice"
    r"|zappa|eb|anyscale\s+service|modal|bentoml|truss|cf-deploy)\s+(?:svc\s+)?deploy\b|railway\s+up\b|cf\s+push\b"
    r"|gcloud\s+(?:alpha\s+|beta\s+)?(?:run|app|functions|ai)\s[^|;&\n]{0,80}?\bdeploy\b"
    r"|gcloud\s+(?:beta\s+)?deploy\s+releases\s+create\b"
    r"|aws\s+ecs\s+update-service\b|aws\s+lambda\s+update-function-code\b|aws\s+deploy\s+create-deployment\b"
    r"|az\s+(?:webapp|containerapp|functionapp)\s+(?:deploy|up|update|deployment|config\s+container)\b"
    r"|heroku\s+container:release\b|git\s+push\s+\S{0,80}(?:heroku|dokku)\b"
    r"|docker\s+stack\s+deploy\b|nomad\s+(?:job\s+)?run\b|ansible-playbook\s[^|;&\n]{0,120}deploy"
    r"|cap\s+\w+\s+deploy\b|kamal\s+deploy\b|dokku\s+git:|anyscale\s+services?\s+rollout\b"
    r"|python3?\s+\S{0,120}deploy\w*\.py\b|(?:make|just|task|inv|npm\s+run|yarn)\s+[\w:-]*deploy(?![\w-]*docs)[\w:-]*"
    r"|(?:^|[\s/;&(\"'])(?:\./)?(?:[\w.-]+/){0,6}(?:deploy|release-to|rollout)[\w-]*\.(?:sh|bash)\b"
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_COMPOSE_UP = re.compile(r"\bdocker[ -]compose\s[^|;&\n]{0,200}\bup\b")
REMOTE = re.compile(r"ssh-(?:compute|action|exec)|/ssh[\w-]*@|remote-ssh", re.IGNORECASE)
_ACTION = re.compile(
    r"^(?:azure/(?:k8s-deploy|webapps-deploy|container-apps-deploy-action|functions-action|aks-.*deploy)"
    r"|google-github-actions/deploy-[\w-]+|google-github-actions/create-cloud-deploy-release"
    r"|aws-actions/(?:amazon-ecs-deploy-task-definition|aws-cloudformation-github-deploy)"
    r"|einaregilsson/beanstalk-deploy|akhileshns/heroku-deploy|superfly/flyctl-actions"
    r"|digitalocean/app_action|cloudflare/wrangler-action|amondnet/vercel-action|serverless/github-action"
    r"|[\w.-]+/[\w.-]*(?:helm|kube|k8s|ecs|kustomize|argocd)[\w.-]*-?deploy[\w.-]*|deliverybot/helm"
    r"|[\w.-]+/(?:kubectl-rollout|argocd-sync)[\w.-]*)",
    re.IGNORECASE,
)
_BUMP = re.compile(  # a new image's name is committed for GitOps to take over
    r"\bkustomize\s+edit\s+set\s+image\b|\byq\s[^\n]{0,200}\.(?:image|tag)\b[^\n]{0,200}\s-i|\bargocd-image-updater\b"
)
_PLAYGROUND = re.compile(
    r"\b(?:kind\s+(?:create|load)|minikube\s+(?:start|image)|k3d\s+cluster|ct\s+install|localstack|k3s\s+server|helm\s+uninstall)\b"
    r"|(?:helm/kind-action|medyagh/setup-minikube|engineerd/setup-kind|[\w-]+/setup-(?:k3s|k3d|minikube|kind)|manusa/actions-setup-minikube)",
    re.IGNORECASE,
)
_NOT_A_SERVICE = re.compile(
    r"gh-pages|github-pages|deploy-pages|upload-pages|gh-deploy|pypi|twine|npm\s+publish|cargo\s+publish|chart-releaser|docs?[_-]deploy|create-pull-request|readthedocs|mike\s+deploy",
    re.IGNORECASE,
)
_UNDO = re.compile(
    r"\bkubectl\s[^|;&\n]{0,200}?\brollout\s+undo\b|\bhelm\s+rollback\b|\bhelm\s[^|;&\n]{0,200}?(?:upgrade|install)[^\n]{0,300}(?:--atomic|--rollback-on-failure)\b"
    r"|\bargocd\s+app\s+rollback\b|\bfly(?:ctl)?\s+(?:releases\s+)?rollback\b|\bheroku\s+(?:releases:)?rollback\b|\bkamal\s+rollback\b"
    r"|\b(?:roll[_-]?back|go_back|revert_deploy)\w*\b|--rollback\b"
    r"|(?:update|failure)-action[= ]rollback",
    re.IGNORECASE,
)
_JOB = re.compile(
    r"(?:^|[^a-z])(?:deploy|rollout|release-to|ship)(?:ment|s|ing)?(?:$|[^a-z])", re.IGNORECASE
)
_JOB_NOT = re.compile(
    r"doc|page|site|storybook|preview|test|check|lint|plan|package|image|chart|build|pypi|npm|book|script|verif|notif|comment|status|clean|delete|teardown|undeploy|runner|dashboard|report|sponsor",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"(?:^|[\s\"'(;&])(?:\./)?((?:[\w.-]+/){0,8}[\w.-]+\.(?:sh|bash))\b")
_TESTING = re.compile(
    r"(?:^|[^a-z])(?:tests?|e2e|integration|functionality|preview|review|cleanup|teardown|pr|pull-?request)"
    r"(?:$|[^a-z])",
    re.IGNORECASE,
)
_SHIPS = re.compile(r"deploy|deliver|release|pipeline|(?:^|[^a-z])cd(?:$|[^a-z])", re.IGNORECASE)
_TEST_PATH = re.compile(r"(?:^|[\s=/])(?:tests?|e2e|ci)/")
_TEXT = 20_000


def deploys(
    name: str, environment: str, steps: tuple[Step, ...], spot: Spot, flow: str = ""
) -> Spot | None:
    """Return the line of a job that deploys the service, None if none does.

    ``flow`` is the name of the workflow that it is in.
    """
    everything = "\n".join(f"{step.uses} {step.text}"[:_TEXT] for step in steps)
    if _PLAYGROUND.search(everything):
        return None
    testing = _TESTING.search(name) or (_TESTING.search(flow) and not _SHIPS.search(flow))
    if testing and not is_production(environment):
        return None
    shipping = bool(_JOB.search(name)) and not _JOB_NOT.search(name)
    for step in steps:
        hit = _hit(step.text[:_TEXT])
        up = shipping or REMOTE.search(step.uses)  # on a machine elsewhere
        hit = hit or (_COMPOSE_UP.search(step.text[:_TEXT]) if up else None)
        if hit and not _NOT_A_SERVICE.search(hit[0]):
            spot_of = line_in(step, hit.start())
            if not _TEST_PATH.search(spot_of.text):
                return spot_of
        if step.uses and _ACTION.search(step.uses):
            return step.spot
    if shipping and not _NOT_A_SERVICE.search(f"{flow}\n{everything}") and (environment or steps):
        return spot
    return None


def _hit(text: str) -> re.Match[str] | None:
    """Return the first command that deploys; one that only tries it out does not."""
    for hit in _COMMAND.finditer(text):
        end = text.find("\n", hit.end())
        if "--dry-run" not in text[hit.start() : end if end >= 0 else None]:
            return hit
    return _BUMP.search(text)


def undoes(steps: tuple[Step, ...]) -> Spot | None:
    """Return the line of a job that goes back to an older version."""
    for step in steps:
        if hit := _UNDO.search(step.text[:_TEXT]):
            return line_in(step, hit.start())
    return None


def undoes_in(path: str, text: str) -> Spot | None:
    """Return the line of a script that goes back to an older version."""
    return undoes((Step(text, Spot(path, 0)),))


def scripts(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Return the scripts of the repo that steps run."""
    return tuple(dict.fromkeys(hit for step in steps for hit in _SCRIPT.findall(step.text[:_TEXT])))


def line_in(step: Step, at: int) -> Spot:
    """Return a place in a step's script. Of a block, the text begins on the line after its key."""
    text = step.text
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else None].strip()
    number = step.spot.line + text.count("\n", 0, at) + ("\n" in text)
    return Spot(step.spot.path, number, line[:160])
