"""Where classes were that specifications of older bundles and configs name."""

from __future__ import annotations

FORMER_PACKAGE, PACKAGE = "src.", "trifold."
FORMER_MODULES = {
    "src.encoders.text.answers": "trifold.encoders.text.prompting.reading",
    "src.encoders.text.causal": "trifold.encoders.text.prompting.prefix_cache",
    "src.encoders.text.items": "trifold.encoders.text.prompting.questions",
    "src.encoders.text.prompted": "trifold.encoders.text.prompting.prompted",
    "src.encoders.text.prompts": "trifold.encoders.text.prompting.prompts",
    "src.encoders.text.questionnaire": "trifold.encoders.text.prompting.questionnaire",
    "src.encoders.text.quotes": "trifold.encoders.text.prompting.quotes",
    "src.network.answers": "trifold.network.blocks.answers",
    "src.network.blind": "trifold.network.wrappers.blind",
    "src.network.chunks": "trifold.network.blocks.streams.chunks",
    "src.network.connector": "trifold.network.blocks.connector",
    "src.network.contours": "trifold.network.blocks.streams.contours",
    "src.network.enhancer": "trifold.network.blocks.enhancer",
    "src.network.ensemble": "trifold.network.wrappers.ensemble",
    "src.network.experts": "trifold.network.blocks.experts.euclidean",
    "src.network.fusion": "trifold.network.blocks.experts.fusion",
    "src.network.heads": "trifold.network.blocks.heads",
    "src.network.linking": "trifold.network.wrappers.linking",
    "src.network.lora": "trifold.network.wrappers.lora",
    "src.network.monotone": "trifold.network.targets.monotone",
    "src.network.network": "trifold.network.base",
    "src.network.peers.aspects_365": "trifold.network.published.aspects_365",
    "src.network.peers.pooled": "trifold.network.published.pooled",
    "src.network.peers.traits_run_deep": "trifold.network.published.traits_run_deep",
    "src.network.pooling": "trifold.network.blocks.pooling",
    "src.network.projector": "trifold.network.blocks.streams.projector",
    "src.network.routing": "trifold.network.blocks.routing",
    "src.network.standardize": "trifold.network.blocks.affine",
    "src.network.targets": "trifold.network.targets.transforms",
    "src.network.wrapped": "trifold.network.wrappers.base",
    "trifold.network.around.base": "trifold.network.wrappers.base",
    "trifold.network.around.blind": "trifold.network.wrappers.blind",
    "trifold.network.around.corrected": "trifold.network.wrappers.corrected",
    "trifold.network.around.linking": "trifold.network.wrappers.linking",
    "trifold.network.around.lora": "trifold.network.wrappers.lora",
    "trifold.network.around.mean": "trifold.network.wrappers.ensemble",
    "trifold.network.around.other_scores": "trifold.network.wrappers.other_scores",
    "trifold.network.around.own_question": "trifold.network.wrappers.own_question",
    "trifold.network.around.own_targets": "trifold.network.wrappers.own_targets",
    "trifold.network.around.readout": "trifold.network.wrappers.readout",
    "trifold.network.around.rotated": "trifold.network.wrappers.rotated",
    "trifold.network.around.shortcut": "trifold.network.wrappers.shortcut",
}
FORMER_CLASSES = {
    "trifold.network.base.PooledFusion": "trifold.network.pooled.PooledFusion",
    "trifold.network.blocks.affine.TargetScaler": (
        "trifold.network.targets.standard.StandardTargets"
    ),
    "trifold.network.kernels.machine.KernelMachine": (
        "trifold.network.kernels.additive_gp.AdditiveGaussianProcess"
    ),
}


def present(target: str) -> str:
    """The name that a class has today, of the one it had when a specification was written."""
    module, _, name = target.rpartition(".")
    if module in FORMER_MODULES:
        target = f"{FORMER_MODULES[module]}.{name}"
    elif target.startswith(FORMER_PACKAGE):
        target = PACKAGE + target.removeprefix(FORMER_PACKAGE)
    return FORMER_CLASSES.get(target, target)
