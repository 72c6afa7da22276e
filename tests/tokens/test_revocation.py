"""What was ended stays ended for as long as any verifier would accept it, and nothing else is refused."""

from __future__ import annotations

from typing import Any

import pytest

from labapp.errors import RevokedTokenError, StorageUnavailableError
from labapp.store import Store
from labapp.tokens.access import AccessToken, AccessTokenIssuer, AccessTokenVerifier
from labapp.tokens.keys import KeyRing
from labapp.tokens.refusals import REFUSALS, reason
from labapp.tokens.revocation import CutOff, Denylist, EndedFamilies, Lookup, Wait
from tests.timeline import Timeline
from tests.tokens.forging import AUDIENCE, ISSUER, bench, unb64
from tests.tokens.test_access_forged import ES256_ORDER

LIFE, LEEWAY = 300, 5


class Service:
    """A resource server with its own leeway, and every strategy."""

    def __init__(self, store: Store, *, leeway: int = LEEWAY) -> None:
        self.store = store
        self.ring = KeyRing("HS256")
        self.issuer = AccessTokenIssuer(ISSUER, self.ring, life=LIFE)
        self.verifier = AccessTokenVerifier(ISSUER, AUDIENCE, self.ring.published, leeway=leeway)
        self.denylist = Denylist(store, leeway=leeway)
        self.ended = EndedFamilies(store, life=LIFE, leeway=leeway)
        self.cut_off = CutOff(store, life=LIFE, leeway=leeway)
        self.lookup = Lookup(store, [self.denylist, self.ended, self.cut_off])

    def issue(self, user: str = "alice", *, now: float, family: str | None = "f-1", **more: Any) -> str:
        return self.issuer.issue(
            user, client_id="web", audience=AUDIENCE, scope="accounts", now=now, family=family, **more
        )

    def token(self, text: str, *, now: float) -> AccessToken:
        return self.verifier.verify(text, now=now)

    def serves(self, text: str, *, now: float) -> str:
        """Do what a door does: verify, then ask; return `served` or the word of the rule that refused."""
        try:
            self.lookup.refuse_if_revoked(self.token(text, now=now), now=now)
        except REFUSALS as error:
            return reason(error)
        return "served"

    def end_family(self, family: str, *, now: float) -> None:
        with self.store.redis.pipeline() as pipe:
            self.ended.mark(pipe, [family], now=now)
            pipe.execute()


@pytest.fixture
def service(store: Store) -> Service:
    return Service(store)


def test_nothing_was_ended_and_everybody_is_served(service: Service, time: Timeline) -> None:
    assert service.serves(service.issue(now=time.now), now=time.now) == "served"
    assert service.serves(service.issue(now=time.now, family=None), now=time.now) == "served"


# --- one token ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leeway", [0, 5, 60])
@pytest.mark.parametrize("revoked_at", [0, 0.25, 150.5, LIFE - 0.5])
def test_a_revoked_token_never_comes_back(store: Store, leeway: int, revoked_at: float) -> None:
    """The entry must outlive the last moment at which leeway still lets the token in (C5): then `exp` takes over."""
    time, service = Timeline(store), Service(store, leeway=leeway)
    text = service.issue(now=time.now)
    time.to(revoked_at)
    service.denylist.revoke(service.token(text, now=time.now), now=time.now)
    for offset in (revoked_at, LIFE - 0.25, LIFE, LIFE + leeway - 0.25):
        if offset - LIFE < leeway:
            assert service.serves(text, now=time.to(offset)) == "denylist", offset
    assert service.serves(text, now=time.to(LIFE + leeway)) == "exp"


def test_a_token_revoked_within_its_leeway_is_refused(service: Service, time: Timeline) -> None:
    """It has expired, and is served all the same; so it must be possible to revoke it."""
    text = service.issue(now=time.now)
    time.to(LIFE + 3)
    assert service.serves(text, now=time.now) == "served"
    service.denylist.revoke(service.token(text, now=time.now), now=time.now)
    assert service.serves(text, now=time.now) == "denylist"
    assert service.serves(text, now=time.to(LIFE + LEEWAY - 0.25)) == "denylist"


def test_the_denylist_forgets_what_nobody_would_accept(service: Service, time: Timeline) -> None:
    """It must not grow for ever."""
    for _ in range(20):
        service.denylist.revoke(service.token(service.issue(now=time.now), now=time.now), now=time.now)
    time.to(LIFE + LEEWAY + 2)
    assert not [key for key in service.store.own_keys() if "denied" in key]


def test_revoking_one_token_ends_no_other(service: Service, time: Timeline) -> None:
    """Not of the same user, family and second, and not of another user."""
    text = service.issue(now=time.now)
    others = [service.issue(now=time.now), service.issue("bob", now=time.now)]
    service.denylist.revoke(service.token(text, now=time.now), now=time.now)
    assert service.serves(text, now=time.now) == "denylist"
    assert [service.serves(other, now=time.now) for other in others] == ["served", "served"]


def test_revoking_twice_is_harmless(service: Service, time: Timeline) -> None:
    token = service.token(service.issue(now=time.now), now=time.now)
    service.denylist.revoke(token, now=time.now)
    service.denylist.revoke(token, now=time.advance(10))
    with pytest.raises(RevokedTokenError):
        service.lookup.refuse_if_revoked(token, now=time.now)


def test_the_same_jti_of_another_issuer_is_another_token(service: Service, time: Timeline) -> None:
    """`jti` is unique for one issuer only (RFC 7519 section 4.1.7)."""
    token = service.token(service.issue(now=time.now), now=time.now)
    foreign = AccessToken(**{**vars(token), "issuer": "https://evil.test"})
    service.denylist.revoke(foreign, now=time.now)
    service.lookup.refuse_if_revoked(token, now=time.now)


def test_issuer_and_jti_cannot_be_shifted_into_each_other(service: Service, time: Timeline) -> None:
    """`("a", "bc")` and `("ab", "c")` are two tokens."""
    token = service.token(service.issue(now=time.now), now=time.now)
    shifted = AccessToken(**{**vars(token), "issuer": ISSUER[:-1], "jti": ISSUER[-1] + token.jti})
    service.denylist.revoke(shifted, now=time.now)
    service.lookup.refuse_if_revoked(token, now=time.now)


def test_a_second_spelling_of_a_revoked_token_is_refused(store: Store, time: Timeline) -> None:
    """ES256 (r, n - s): a denylist by the text, or by its hash, would let the thief in again."""
    forge = bench("ES256")
    text = forge.genuine(iat=int(time.now), exp=int(time.now) + LIFE)
    head, body, signed = text.split(".")
    s = ES256_ORDER - int.from_bytes(unb64(signed)[32:], "big")
    from tests.tokens.forging import b64

    other = f"{head}.{body}.{b64(unb64(signed)[:32] + s.to_bytes(32, 'big'))}"
    denylist = Denylist(store, leeway=0)
    denylist.revoke(forge.verifier().verify(text, now=time.now), now=time.now)
    with pytest.raises(RevokedTokenError):
        Lookup(store, [denylist]).refuse_if_revoked(
            forge.verifier().verify(other, now=time.now), now=time.now
        )


def test_an_entry_betrays_no_token(service: Service, time: Timeline) -> None:
    token = service.token(service.issue(now=time.now), now=time.now)
    service.denylist.revoke(token, now=time.now)
    dump = repr(service.store.entries())
    assert token.jti not in dump
    assert "alice" not in dump


# --- one login ------------------------------------------------------------------------------------------------------


def test_an_ended_login_ends_its_tokens_and_no_others(service: Service, time: Timeline) -> None:
    mine = [service.issue(now=time.now, family="f-1") for _ in range(3)]
    others = [service.issue(now=time.now, family="f-2"), service.issue(now=time.now, family=None)]
    service.end_family("f-1", now=time.now)
    assert {service.serves(text, now=time.now) for text in mine} == {"ended-family"}
    assert {service.serves(text, now=time.now) for text in others} == {"served"}


@pytest.mark.parametrize("leeway", [0, 5, 60])
def test_the_mark_of_an_ended_login_outlives_its_last_token(store: Store, leeway: int) -> None:
    """A token may have been issued in the very moment of the end."""
    time, service = Timeline(store), Service(store, leeway=leeway)
    time.to(0.75)
    text = service.issue(now=time.now)
    service.end_family("f-1", now=time.now)
    for offset in (1, LIFE - 0.25, LIFE + leeway - 0.25):
        if offset > time.now - time.start:
            assert service.serves(text, now=time.to(offset)) == "ended-family"
    assert service.serves(text, now=time.to(LIFE + leeway)) == "exp"
    time.advance(3)
    assert not [key for key in store.own_keys() if "ended" in key]


def test_a_token_without_a_login_is_not_ended_by_a_login_called_dash(
    service: Service, time: Timeline
) -> None:
    """What stands in for "no family" must not be a name that somebody can have."""
    service.end_family("-", now=time.now)
    assert service.serves(service.issue(now=time.now, family=None), now=time.now) == "served"


# --- one user -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("issued", "rule"), [(-1, "cut-off"), (0, "cut-off"), (0.9, "cut-off"), (1, "served"), (1.5, "served")]
)
def test_a_cut_off_refuses_what_was_issued_up_to_its_second(
    service: Service, time: Timeline, issued: float, rule: str
) -> None:
    """Tokens count whole seconds: of the very second, an honest token cannot be told from a stolen one."""
    cut = time.start + 10
    text = service.issue(now=cut + issued)
    time.to(12)
    service.cut_off.set(ISSUER, "alice", now=cut + 0.5)
    assert service.serves(text, now=time.now) == rule


def test_a_fraction_of_a_second_does_not_slip_under_a_cut_off(service: Service, time: Timeline) -> None:
    """RFC 7519 section 2 allows fractions in `iat`; the cut-off knows whole seconds."""
    token = service.token(service.issue(now=time.now), now=time.now)
    late = AccessToken(**{**vars(token), "issued_at": token.issued_at + 0.5})
    service.cut_off.set(ISSUER, "alice", now=time.now + 0.9)
    with pytest.raises(RevokedTokenError):
        service.lookup.refuse_if_revoked(late, now=time.now)


def test_a_cut_off_is_for_one_user_of_one_issuer(service: Service, time: Timeline) -> None:
    texts = {user: service.issue(user, now=time.now) for user in ("alice", "alice2", "bob")}
    service.cut_off.set(ISSUER, "alice", now=time.now)
    assert {user: service.serves(text, now=time.now) for user, text in texts.items()} == {
        "alice": "cut-off", "alice2": "served", "bob": "served",
    }  # fmt: skip
    service.cut_off.set("https://evil.test", "bob", now=time.now)
    assert service.serves(texts["bob"], now=time.now) == "served"


@pytest.mark.parametrize("leeway", [0, 5, 60])
def test_a_cut_off_is_remembered_until_the_last_token_before_it_is_dead(store: Store, leeway: int) -> None:
    time, service = Timeline(store), Service(store, leeway=leeway)
    time.to(0.75)
    text = service.issue(now=time.now)
    service.cut_off.set(ISSUER, "alice", now=time.now)
    assert service.serves(text, now=time.to(LIFE + leeway - 0.25)) == "cut-off"
    assert service.serves(text, now=time.to(LIFE + leeway)) == "exp"
    time.advance(3)
    assert not [key for key in store.own_keys() if "cut-off" in key]


def test_a_cut_off_never_moves_back(service: Service, time: Timeline) -> None:
    """Two administrators, one of them on a machine whose clock is slow; or NTP in between."""
    time.to(20)
    text = service.issue(now=time.now)
    service.cut_off.set(ISSUER, "alice", now=time.now)
    service.cut_off.set(ISSUER, "alice", now=time.now - 10)
    assert service.serves(text, now=time.now) == "cut-off"


# --- together -------------------------------------------------------------------------------------------------------


def test_all_strategies_are_asked_in_one_trip(service: Service, time: Timeline) -> None:
    token = service.token(service.issue(now=time.now), now=time.now)
    service.store.observer.reset()
    service.lookup.refuse_if_revoked(token, now=time.now)
    assert (service.store.observer.trips, dict(service.store.observer.commands)) == (1, {"MGET": 1})


def test_verifying_alone_asks_nobody(service: Service, time: Timeline) -> None:
    text = service.issue(now=time.now)
    service.store.observer.reset()
    Wait().refuse_if_revoked(service.token(text, now=time.now), now=time.now)
    assert service.store.observer.trips == 0


def test_a_store_that_is_down_lets_nobody_in(fake_store: Store) -> None:
    """An outage is not "not revoked"; whoever asks nobody goes on serving."""
    service = Service(fake_store)
    now = fake_store.clock.now()
    token = service.token(service.issue(now=now), now=now)
    with fake_store.outage():
        with pytest.raises(StorageUnavailableError):
            service.lookup.refuse_if_revoked(token, now=now)
        for strategy in (service.denylist, service.ended, service.cut_off):
            with pytest.raises(StorageUnavailableError):
                Lookup(fake_store, [strategy]).refuse_if_revoked(token, now=now)
        with pytest.raises(StorageUnavailableError):
            service.denylist.revoke(token, now=now)
        with pytest.raises(StorageUnavailableError):
            service.cut_off.set(ISSUER, "alice", now=now)
        Wait().refuse_if_revoked(token, now=now)
    service.lookup.refuse_if_revoked(token, now=now)


def test_a_lookup_without_strategies_refuses_nobody(fake_store: Store) -> None:
    service = Service(fake_store)
    now = fake_store.clock.now()
    Lookup(fake_store, []).refuse_if_revoked(service.token(service.issue(now=now), now=now), now=now)
