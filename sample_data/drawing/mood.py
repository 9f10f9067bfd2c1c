"""Time of day and weather: the colours that sky, sea, land and light share in one picture."""

from dataclasses import dataclass

from drawing.colour import Colour, rgb


@dataclass(frozen=True)
class Mood:
    """Skies from top to horizon; sea from horizon to shore; land from far to near."""

    sky: tuple[Colour, ...]
    sea: tuple[Colour, ...]
    land: tuple[Colour, ...]
    light: Colour
    cloud: Colour
    stars: bool = False


def _colours(codes: str) -> tuple[Colour, ...]:
    return tuple(rgb(code) for code in codes.split())


NOON = Mood(
    sky=_colours("3f8fd0 7fbce6 d3ecf5"),
    sea=_colours("5fb0cf 2f86b5 1b5f8f"),
    land=_colours("9cc3b0 7fb077 4f8f4f"),
    light=rgb("fff6d5"),
    cloud=rgb("ffffff"),
)
MORNING = Mood(
    sky=_colours("8fb8dd e9c9c6 ffe3b8"),
    sea=_colours("e7c9bd 8fb0c4 54829f"),
    land=_colours("b9b3c4 92a995 6d9164"),
    light=rgb("ffe9b0"),
    cloud=rgb("fff0e6"),
)
SUNSET = Mood(
    sky=_colours("4b3b78 c2587c f79862 ffd98c"),
    sea=_colours("f5a56b a8557a 43346b"),
    land=_colours("a4627f 7c4c75 4d3a63"),
    light=rgb("ffe08a"),
    cloud=rgb("ffb59a"),
)
NIGHT = Mood(
    sky=_colours("0d1437 1d2b5c 45528c"),
    sea=_colours("3b4b82 1c2a57 0e1636"),
    land=_colours("38457a 253461 172348"),
    light=rgb("f4f0d0"),
    cloud=rgb("5a679c"),
    stars=True,
)
OVERCAST = Mood(
    sky=_colours("7e8c9e a9b4bf d5d9da"),
    sea=_colours("9fb0b5 6a8590 456370"),
    land=_colours("a0aaa8 7f8f84 5f735f"),
    light=rgb("f2f2ea"),
    cloud=rgb("c5ccd3"),
)
MINT = Mood(
    sky=_colours("4fa9a8 9fd3c0 f3efcf"),
    sea=_colours("a5d8c2 4aa79f 22757d"),
    land=_colours("a9cfa6 7cb58d 45876f"),
    light=rgb("fff8d8"),
    cloud=rgb("fbfdf3"),
)
DUSK = Mood(
    sky=_colours("29335c 6d5b93 d08fa6 f7c8b0"),
    sea=_colours("cf9bac 74679c 353d6b"),
    land=_colours("8f7fa8 64608e 414872"),
    light=rgb("ffd9b8"),
    cloud=rgb("d6a3bb"),
)
AUTUMN = Mood(
    sky=_colours("6fa3bf b9d0cc f6e6c4"),
    sea=_colours("b5c9c0 6c97a0 446f7d"),
    land=_colours("d8b376 cf8f4c a8632f"),
    light=rgb("fff0c8"),
    cloud=rgb("fffaf0"),
)
WINTER = Mood(
    sky=_colours("86a9cf bdd0e4 eef1f5"),
    sea=_colours("c3d5e0 86a7bf 5b7f9d"),
    land=_colours("c3d3e6 dde8f2 f7fafc"),
    light=rgb("fffbe8"),
    cloud=rgb("f9fbff"),
)

DAYLIGHT = (NOON, MORNING, MINT, AUTUMN, OVERCAST)
EVERY = (NOON, SUNSET, MINT, NIGHT, MORNING, DUSK, AUTUMN, OVERCAST)
