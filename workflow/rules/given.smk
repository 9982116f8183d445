"""What a job is given: its inputs and params, looked up by its wildcards."""


def source_plugins(wildcards):
    kind = "data" if has_plugin("data", wildcards.source) else "shifts"
    return [f"weightscape.{kind}.{wildcards.source}"]


def source_code(wildcards):
    return code("fetch_source", source_plugins(wildcards))


def download(kind, source):
    """Return the record of what a plug-in's images come from; none if it makes them itself."""
    return (
        RECORD.format(source=source) if hasattr(plugin(kind, source), "fetch") else []
    )


def dataset_download(wildcards):
    return download("data", plan.datasets[wildcards.dataset].source)


def pretraining_download(wildcards):
    return download("data", plan.backbones[wildcards.backbone].pretrained)


def shift_download(wildcards):
    return download("shifts", plan.shifts[wildcards.shift].source)


def dataset_options(wildcards):
    # Which shifts it is tested under, or with which it is grouped, changes nothing about it.
    told = {"shifts": None, "group": None}
    return plan.datasets[wildcards.dataset].model_copy(update=told).slice()


@cache
def listing(section, name):
    """Return a digest of the files that the plug-in of an entry watches; none for others."""
    # Snakemake asks for params more than once, and a folder may hold a million files.
    kind, source, options = plan.source_of(section, name)
    of_files = getattr(plugin(kind, source), "listing", lambda options: "")
    try:
        return of_files(options_of(kind, source, options))
    except (OSError, ValueError) as error:
        raise WorkflowError(f"{section}.{name}: {error}") from None


def dataset_listing(wildcards):
    return listing("datasets", wildcards.dataset)


def pretraining_listing(wildcards):
    return listing("backbones", wildcards.backbone)


def dataset_plugins(wildcards):
    return [f"weightscape.data.{plan.datasets[wildcards.dataset].source}"]


def dataset_code(wildcards):
    return code("prepare_dataset", dataset_plugins(wildcards))


def test_shifts(wildcards):
    """Return the names of the shifts that a dataset is tested under."""
    return plan.shifts_of(wildcards.dataset)


def shift_files(wildcards):
    return [
        f"<results>/data/{{dataset}}/shifts/{shift}.safetensors"
        for shift in test_shifts(wildcards)
    ]


def shift_options(wildcards):
    return plan.shifts[wildcards.shift].slice()


def shift_plugins(wildcards):
    return [f"weightscape.shifts.{plan.shifts[wildcards.shift].source}"]


def shift_code(wildcards):
    return code("prepare_shift", shift_plugins(wildcards))


def generator_options(wildcards):
    return plan.generators[wildcards.generator].slice()


def generator_training(wildcards):
    return plan.generator_training(wildcards.generator)


def generator_fit(wildcards):
    fitted = plan.fitted_as(wildcards.generator)
    return f"<results>/synthetic/{{dataset}}/{fitted}/generator.safetensors"


def generator_listing(wildcards):
    return listing("generators", wildcards.generator)


def generator_parent(wildcards):
    """Return the images of the generator that a generator is trained on, where it is on one's."""
    parent = plan.generators[wildcards.generator].trained_on
    return (
        [f"<results>/synthetic/{{dataset}}/{parent}/images.safetensors"]
        if parent
        else []
    )


def generator_plugins(wildcards):
    return [f"weightscape.generators.{plan.generators[wildcards.generator].source}"]


def train_generator_code(wildcards):
    return code("train_generator", generator_plugins(wildcards))


def generate_images_code(wildcards):
    return code("generate_images", generator_plugins(wildcards))


def backbone_options(wildcards):
    return plan.backbones[wildcards.backbone].slice()


def backbone_package(wildcards):
    """See that the package with a backbone's weights is there; return its version and checksum."""
    backbone = plan.backbones[wildcards.backbone]
    if backbone.package is None:
        return None
    package = PACKAGED[backbone.package].package
    try:
        find_files(package)
    except (OSError, ValueError) as error:
        raise WorkflowError(f"backbones.{backbone.name}: {error}") from None
    return [package.version, package.sha256]


def backbone_checkpoint(wildcards):
    return plan.backbones[wildcards.backbone].checkpoint or []


def pretraining_plugins(wildcards):
    backbone = plan.backbones[wildcards.backbone]
    return [
        f"weightscape.data.{backbone.pretrained}",
        *augmentations(backbone.pretraining),
    ]


def pretraining_code(wildcards):
    return code("pretrain_backbone", pretraining_plugins(wildcards))


def pretrained_weights(wildcards):
    """Return the weights that an initial network starts from; none where each seed has its own."""
    if plan.backbones[wildcards.initial].pretrained == "none":
        return []
    return "<results>/backbones/{initial}/init.safetensors"


def initial_options(wildcards):
    return plan.backbones[wildcards.initial].network


def initial_file(name):
    """Return a function that gives a file of the network that a run starts from."""

    def path(wildcards):
        initial = plan.initial(wildcards.backbone, wildcards.condition)
        return f"{INITIAL}/{name}".replace("{initial}", initial)

    return path


def recipe_options(wildcards):
    return plan.recipes[wildcards.condition].slice()


def selecting_score(wildcards):
    """Return the score that chooses the network of a run; it says nothing where none is chosen."""
    chooses = plan.recipes[wildcards.condition].select == "best"
    return study.score if chooses else "accuracy"


def recipe_plugins(wildcards):
    return augmentations(plan.recipes[wildcards.condition])


def recipe_code(wildcards):
    return code("finetune", recipe_plugins(wildcards))


def recipe_synthetic(wildcards):
    """Return the synthetic images that a condition trains on, in the order of its factor."""
    return [
        f"<results>/synthetic/{{dataset}}/{generator}/images.safetensors"
        for generator in plan.recipes[wildcards.condition].synthetic
    ]


def member_files(name):
    """Return a function that gives the file `name` of every run that one is derived from."""

    def paths(wildcards):
        members = plan.derived[wildcards.condition].members
        return [
            f"{TRAINED}/{name}".replace("{condition}", member) for member in members
        ]

    return paths


def averaged_files(wildcards):
    """Return the networks whose weights are averaged, or whose average along a run is taken."""
    along = plan.derived[wildcards.condition].method == "trajectory_average"
    return member_files("average.safetensors" if along else "model.safetensors")(
        wildcards
    )


def ensemble_files(wildcards):
    along = plan.derived[wildcards.condition].method == "trajectory_ensemble"
    name = "trajectory_predictions.parquet" if along else "predictions.parquet"
    return member_files(name)(wildcards)


def combination_options(wildcards):
    derived = plan.derived[wildcards.condition]
    chooses = derived.method == "greedy_soup"
    return {
        "method": derived.method,
        "share": derived.share,
        "score": study.score if chooses else "accuracy",
    }


def is_made_by(method, wildcards):
    return plan.derived[wildcards.condition].method == method


def interpolation_start(wildcards):
    """Return the network that an interpolation starts from; nothing for what needs none."""
    if not is_made_by("interpolation", wildcards):
        return []
    return initial_file("model.safetensors")(wildcards)


def soup_images(wildcards):
    """Return the images that a greedy soup is chosen by; nothing for what is not chosen."""
    if not is_made_by("greedy_soup", wildcards):
        return []
    return "<results>/data/{dataset}/val.safetensors"


def soup_gpus(wildcards):
    return gpus if is_made_by("greedy_soup", wildcards) else 0


def average_from(wildcards):
    """Return from which share of a training on its evaluations are averaged."""
    return plan.along[wildcards.condition]


def backbone_network(wildcards):
    """Return the first seed's initial network: its body is the backbone's, of its head no use."""
    return f"{INITIAL}/model.safetensors".format(
        dataset=wildcards.dataset, initial=wildcards.backbone, seed=plan.seeds[0]
    )


def set_options(wildcards):
    return plan.image_sets[wildcards.set].slice()


def set_plugins(wildcards):
    return augmentations(plan.image_sets[wildcards.set])


def set_code(wildcards):
    return code("measure_diversity", set_plugins(wildcards))


def set_synthetic(wildcards):
    """Return the synthetic images of a set, in the order that it names their generators."""
    return [
        f"<results>/synthetic/{{dataset}}/{generator}/images.safetensors"
        for generator in plan.image_sets[wildcards.set].synthetic
    ]


def set_embeddings(wildcards):
    """Return the features of training and test images, where the study measures in them."""
    if "embedding" not in study.diversity.spaces:
        return []
    return "<results>/diversity/{dataset}/{backbone}/embeddings.safetensors"


def set_network(wildcards):
    """Return the network for the images whose features are not known yet."""
    if "embedding" not in study.diversity.spaces:
        return []
    if plan.image_sets[wildcards.set].kind in ("real", "test"):
        return []
    return backbone_network(wildcards)


def set_gpus(wildcards):
    return gpus if set_network(wildcards) else 0


def checkpoint_options(wildcards):
    return plan.checkpoints[wildcards.checkpoint].slice()


def checkpoint_files(wildcards):
    """Return the files of a checkpoint and its base; what timm keeps is not ours to watch."""
    entry = plan.checkpoints[wildcards.checkpoint]
    return [
        file for path in (entry.path, entry.base) if path for file in files_of(path)
    ]


def figure_options(wildcards):
    return plan.figures[wildcards.figure].slice()


def figure_plugins(wildcards):
    return [f"weightscape.figures.{plan.figures[wildcards.figure].source}"]


def figure_code(wildcards):
    return code("plot_figure", figure_plugins(wildcards))


def figure_caption(wildcards):
    return plugin("figures", plan.figures[wildcards.figure].source).CAPTION


def figure_datasets(wildcards):
    """Return the datasets whose pictures a figure shows: the one that it names, or all."""
    named = plan.figures[wildcards.figure].options.get("dataset")
    return [named] if named else list(plan.datasets)


def figure_tables(wildcards):
    """Return the tables of a figure; eigenvalues are those of the first seed."""
    files = []
    for table in plan.tables_of(wildcards.figure):
        if table == "eigenvalues":
            files += of_first_seed("eigenvalues.parquet")
        elif table == "pictures":
            files += collect(PICTURES, dataset=figure_datasets(wildcards))
        else:
            files.append(f"<results>/tables/{table}.parquet")
    return files


def credits():
    """Return whom the images are owed to: those of datasets, pre-training and shifts."""
    plugins = [plugin("data", entry.source) for entry in study.datasets]
    plugins += [
        plugin("data", backbone.pretrained)
        for backbone in study.backbones
        if backbone.pretraining
    ]
    plugins += [plugin("shifts", entry.source) for entry in study.shifts]
    found = [each.CREDIT._asdict() for each in plugins if hasattr(each, "CREDIT")]
    return [credit for i, credit in enumerate(found) if credit not in found[:i]]
