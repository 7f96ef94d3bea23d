"""RT-DETRv2 from its configuration, trained from scratch: an off-the-shelf detector.

    python -m benchmarks.controls.rtdetr DATASET -o OUT [--labels deepscores-v2] [--device cuda]
        [--minutes 8] [--mode tiles|page640] [--size r18|r50]

Needs PyTorch (the extra ``torch``), transformers and SciPy, which no extra brings; no torchvision,
timm or hub, and no weights. The network is the one of the paper (Lv et al. 2024, arXiv 2407.17140)
with one channel of ink instead of three of colour. ``tiles`` trains on 640-px tiles of whole-size
pages, those with rare classes more often, and stitches what it finds; ``page640`` shrinks whole
pages to 640 px, as the literature mostly does. Into OUT go detections.json and run.json.
``--size tiny`` and ``--steps`` are for trying it out without a GPU.
"""

import argparse
import importlib
import json
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from benchmarks.controls.pages import (
    Found,
    SplitPage,
    found_of,
    page_options,
    split_pages,
    write_detections,
    write_part,
)
from benchmarks.controls.sizes import PAPER, letterboxed, tile
from benchmarks.controls.stitching import stitched
from deepscores.dataset.labelled import windows
from deepscores.dataset.reader import open_dataset
from deepscores.runs.files import write_file
from deepscores.training.loaders import BalancedSampler, Detection, collate

SIDE = 640  # pixels of what the network sees
OVERLAP = 160  # pixels that neighbouring tiles share
MOST = 10_000  # detections of a page
TEMPERATURE = 0.5  # of the sampler: between all classes alike and as they come
WARM_UP = 200  # steps
TINY = 0.02  # deviation of weights that were drawn to be overwritten
TOLD = 10.0  # seconds between two lines about training

# Depths, widths of the stages, kind of layer, decoder layers, expansion of the encoder: as the
# authors' r18 and r50; tiny is for tests.
SIZES: dict[str, tuple[tuple[int, ...], tuple[int, ...], str, int, float]] = {
    "tiny": ((1, 1, 1, 1), (8, 16, 24, 32), "basic", 2, 0.5),
    "r18": ((2, 2, 2, 2), (64, 128, 256, 512), "basic", 3, 0.5),
    "r50": ((3, 4, 6, 3), (256, 512, 1024, 2048), "bottleneck", 6, 1.0),
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """Makes of a sample of `Detection` what the network trains on.

    The picture, shrunk by area where it is larger than *side*, stands on paper of *side* px square.
    Boxes are their middles, widths and heights as parts of *side*, classes count from 0; objects of
    which too little shows are left out.
    """

    side: int

    def __call__(
        self, image: torch.Tensor, target: dict[str, Any]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        picture = letterboxed(image[0].numpy(), self.side)
        shown = target["iscrowd"] == 0
        box = target["boxes"][shown] * torch.tensor(picture.scale * 2) / self.side
        middle, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
        return torch.from_numpy(picture.image)[None], {
            "class_labels": target["labels"][shown] - 1,
            "boxes": torch.cat([middle, size], dim=1),
        }


def network(classes: int, *, size: str, queries: int, denoising: int) -> Any:
    """RT-DETRv2 with random weights, for *classes* and at most *queries* objects a picture."""
    transformers = _transformers()
    depths, widths, layer, decoder, expansion = SIZES[size]
    backbone = transformers.RTDetrResNetConfig(
        num_channels=1,
        embedding_size=widths[0] if layer == "basic" else widths[0] // 4,
        hidden_sizes=list(widths),
        depths=list(depths),
        layer_type=layer,
        out_features=["stage2", "stage3", "stage4"],
    )
    small = {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64} if size == "tiny" else {}
    hidden = 32 if size == "tiny" else 256
    config = transformers.RTDetrV2Config(
        backbone_config=backbone,
        freeze_backbone_batch_norms=False,
        encoder_in_channels=list(widths[1:]),
        encoder_hidden_dim=hidden,
        d_model=hidden,
        decoder_in_channels=[hidden] * 3,
        hidden_expansion=expansion,
        decoder_layers=decoder,
        num_queries=queries,
        num_denoising=denoising,
        num_labels=classes,
        **small,
    )
    model = transformers.RTDetrV2ForObjectDetection(config)
    start_afresh(model)
    return model


def start_afresh(model: Any) -> None:
    """Start layers as PyTorch does, and so the authors, where the library draws normal(0, 0.01).

    That, of batch norms, too, is meant to be overwritten by trained weights. Heads and offsets have
    starts of their own, which stay, and so does the backbone's.
    """
    for name, module in model.named_modules():
        is_layer = isinstance(module, torch.nn.Linear | torch.nn.Conv2d | torch.nn.BatchNorm2d)
        if is_layer and ".backbone." not in name and 0 < module.weight.std() < TINY:
            module.reset_parameters()
    last = model.model.enc_bbox_head.layers[-1]
    torch.nn.init.zeros_(last.weight)


def _transformers() -> Any:
    try:
        return importlib.import_module("transformers")
    except ModuleNotFoundError:
        raise SystemExit("needs transformers and SciPy: pip install transformers scipy") from None


def ink(images: Sequence[torch.Tensor] | torch.Tensor, device: torch.device) -> torch.Tensor:
    """Pictures as the network takes them: 0 = paper, 1 = ink."""
    batch = images if isinstance(images, torch.Tensor) else torch.stack(list(images))
    return 1 - batch.to(device, non_blocking=True).float() / PAPER


Batch = tuple[list[torch.Tensor], list[dict[str, torch.Tensor]]]


def batches(tiles: Detection, options: argparse.Namespace) -> Iterator[Batch]:
    """Batches without end, other ones in each epoch; pictures without objects are left out."""
    sampler = BalancedSampler(tiles, temperature=TEMPERATURE, seed=options.seed)
    loader = DataLoader(
        tiles,
        options.batch,
        sampler=sampler,
        num_workers=options.workers,
        collate_fn=collate,
        drop_last=True,
        persistent_workers=options.workers > 0,
    )
    for epoch in count():
        sampler.set_epoch(epoch)
        tiles.set_epoch(epoch)
        for images, targets in loader:
            shown = [place for place, one in enumerate(targets) if len(one["boxes"])]
            if shown:
                yield [images[place] for place in shown], [targets[place] for place in shown]


def rate(done: float, step: int) -> float:
    """The learning rate's share when so much is *done*: up, then down along a cosine."""
    return min((step + 1) / WARM_UP, 1.0) * 0.5 * (1 + float(np.cos(np.pi * min(done, 1.0))))


def train(model: Any, tiles: Detection, options: argparse.Namespace) -> dict[str, Any]:
    """Train until the minutes or the steps are over; return how it went."""
    device = torch.device(options.device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=1e-4)
    model.train()
    seen, log, begun, told = 0, [], time.monotonic(), 0.0
    for step, (images, targets) in enumerate(batches(tiles, options)):
        passed = time.monotonic() - begun
        done = step / options.steps if options.steps else passed / (60 * options.minutes)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = options.rate * rate(done, step)
        labels = [{name: value.to(device) for name, value in one.items()} for one in targets]
        loss = model(pixel_values=ink(images, device), labels=labels).loss
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimiser.step()
        seen += len(images)
        if passed >= told:
            told = passed + TOLD
            log.append({"s": round(passed, 1), "step": step, "loss": round(loss.item(), 3)})
            print(f"{passed:6.0f} s  step {step}  {seen} tiles  loss {loss.item():.3f}", flush=True)
    seconds = time.monotonic() - begun
    return {
        "steps": step,
        "tiles": seen,
        "seconds": round(seconds, 1),
        "tiles_per_s": round(seen / seconds, 1),
        "losses": log,
    }


@torch.inference_mode()
def seen_in(model: Any, pictures: NDArray[np.uint8], options: argparse.Namespace) -> list[Found]:
    """What *model* finds in each of (n, side, side) *pictures*, in their pixels."""
    device = torch.device(options.device)
    found = []
    for start in range(0, len(pictures), options.batch):
        batch = torch.from_numpy(pictures[start : start + options.batch])[:, None]
        output = model(pixel_values=ink(batch, device))
        # As the authors do: the best pairs of a query and a class.
        scores = output.logits.float().sigmoid().flatten(1)
        score, pair = scores.topk(min(options.queries, scores.shape[1]), dim=1)
        query, class_id = pair // output.logits.shape[2], pair % output.logits.shape[2] + 1
        middle, size = output.pred_boxes.float().split(2, dim=2)
        box = torch.cat([middle - size / 2, middle + size / 2], dim=2) * SIDE
        box = box.gather(1, query[:, :, None].expand(-1, -1, 4))
        for columns in zip(box.cpu(), class_id.cpu(), score.cpu(), strict=True):
            one = found_of(*(column.numpy() for column in columns))
            found.append(one.kept(one.score >= options.least))
    return found


def detected(model: Any, image: NDArray[np.uint8], options: argparse.Namespace) -> Found:
    """What *model* finds on a page, in its pixels."""
    height, width = image.shape
    if options.mode == "page640":
        picture = letterboxed(image, SIDE)
        (one,) = seen_in(model, picture.image[None], options)
        return one._replace(box=picture.to_page(one.box))
    places = list(windows(width, height, SIDE, OVERLAP))
    pictures = np.stack([tile(image, window) for window in places])
    return stitched(places, seen_in(model, pictures, options))


def predict(
    model: Any, pages: Sequence[SplitPage], options: argparse.Namespace
) -> Iterator[tuple[SplitPage, Found]]:
    """What *model* finds on *pages*, one after the other."""
    model.eval()
    for one in pages:
        yield one, detected(model, one.page.image, options).best(MOST)


def machine(options: argparse.Namespace) -> dict[str, Any]:
    """On what and with what it ran."""
    device = torch.device(options.device)
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "torch": torch.__version__,
        "transformers": _transformers().__version__,
        "python": platform.python_version(),
    }


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = page_options(__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=8.0, help="of training (default 8)")
    parser.add_argument("--steps", type=int, default=0, help="of training, instead of minutes")
    parser.add_argument("--mode", choices=("tiles", "page640"), default="tiles")
    parser.add_argument("--size", choices=SIZES, default="r18")
    parser.add_argument("--queries", type=int, default=300, help="objects of a picture, at most")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--workers", type=int, default=12)
    parser.add_argument("--rate", type=float, default=3e-4, help="highest learning rate")
    parser.add_argument("--least", type=float, default=0.05, help="score of a detection")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    torch.manual_seed(options.seed)
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    dataset = open_dataset(options.dataset)
    pages = split_pages(dataset, options.split, most=options.pages, fonts=options.font)
    whole = options.mode == "page640"
    tiles = Detection(
        options.dataset, "train", labels=options.labels, tiles=None if whole else SIDE,
        overlap=None if whole else OVERLAP, seed=options.seed, transform=Fitted(SIDE),
    )  # fmt: skip
    # A whole page has more objects than queries can be denoised for.
    denoising = 0 if whole else 100
    model = network(
        len(tiles.classes) - 1, size=options.size, queries=options.queries, denoising=denoising
    ).to(options.device)
    for _ in predict(model, pages[:1], options):  # before minutes are spent: does it work at all?
        pass
    trained = train(model, tiles, options)
    begun = time.monotonic()
    boxes = write_detections(options.output, predict(model, pages, options))
    seconds = round(time.monotonic() - begun, 1)
    write_part(dataset, pages, options)
    result = {
        "options": {name: _plain(value) for name, value in vars(options).items()},
        "classes": len(tiles.classes) - 1,
        "parameters": sum(one.numel() for one in model.parameters()),
        "training": trained,
        "predicting": {"pages": len(pages), "boxes": boxes, "seconds": seconds},
        **machine(options),
    }
    write_file(options.output / "run.json", json.dumps(result, indent=1).encode() + b"\n")
    told = {**trained, "losses": trained["losses"][-1:]}
    print(
        json.dumps({"training": told, **{key: result[key] for key in ("predicting", "parameters")}})
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


if __name__ == "__main__":
    main()
