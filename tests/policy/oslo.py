"""What oslo.policy decides. A case a line, as JSON: the rules, or the text of a file that sets them; the
credentials, the target, and the rule to ask. An answer a line: true, false, or why there is none."""

import json
import logging
import sys

from oslo_config import cfg
from oslo_policy import policy

# It logs each rule that it cannot read, with a traceback, and takes it for one that allows nobody.
logging.disable(logging.CRITICAL)

conf = cfg.ConfigOpts()
conf([], project="test", default_config_files=[], default_config_dirs=[])
enforcer = policy.Enforcer(conf, use_conf=False)


def decide(case):
    default = conf.oslo_policy.policy_default_rule
    rules = dict(policy.Rules.from_dict(case["rules"]))
    if "file" in case:
        rules.update(policy.Rules.load(case["file"]))
    enforcer.set_rules(policy.Rules(rules, default), use_conf=False)
    return enforcer.enforce(case["rule"], case["target"], case["creds"])


for line in sys.stdin:
    try:
        answer = bool(decide(json.loads(line)))
    except Exception as error:
        answer = repr(error)
    print(json.dumps(answer))
