"""The plane of a map, against numpy's own singular values."""

import numpy as np
import pytest

from staysail import ConfigError, VectorStore, project


async def filled(vectors):
    store = VectorStore(metric="dot")
    await store.add(vectors=np.asarray(vectors, np.float32), ids=[f"f#{at}" for at in range(len(vectors))])
    return store


@pytest.mark.parametrize(("count", "dim"), [(60, 8), (12, 40), (3, 2), (2, 5)])
async def test_the_plane_is_that_of_the_largest_singular_values(count, dim):
    rng = np.random.default_rng(count)
    vectors = rng.normal(size=(count, dim)) * np.linspace(4, 0.5, dim)
    made = await project(await filled(vectors))
    order = [int(id[2:]) for id in made.ids]
    centred = (vectors - vectors.mean(0))[order]
    _, values, _ = np.linalg.svd(centred)
    spread = np.sort(np.linalg.norm(made.points.astype(float), axis=0))[::-1]
    expected = np.pad(values[:2], (0, 2 - len(values[:2])))
    assert spread == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert made.share == pytest.approx(expected**2 / (values**2).sum(), abs=1e-5)
    assert made.axes @ (vectors[order] - made.mean).T == pytest.approx(made.points.T, abs=1e-4), "any vector is placed as the points are"
    assert made.total == count


async def test_what_has_no_plane_is_a_point_or_nothing():
    same = await project(await filled([[1, 2, 3]] * 4))
    assert not same.points.any()
    assert same.share == (0, 0)
    nothing = await project(VectorStore())
    assert (nothing.ids, nothing.points.shape, nothing.total) == ((), (0, 2), 0)


async def test_a_limit_chooses_evenly_and_says_of_how_many():
    made = await project(await filled(np.eye(10)), limit=5)
    assert (len(made.ids), made.total) == (5, 10)
    assert made.ids == ("f#0", "f#2", "f#4", "f#6", "f#8")
    with pytest.raises(ConfigError, match="limit"):
        await project(VectorStore(), limit=0)
