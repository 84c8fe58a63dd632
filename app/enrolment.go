package app

import (
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// OfferDevice makes the line by which one new device may join the account within life; zero: [enrol.DefaultLife]. It ends an
// earlier line that no device has used. It returns [aura.Denied] while the root key is not on this device, and
// [aura.Exhausted] when the account has as many devices as it may have.
func (c *Core) OfferDevice(tc task.Context, life aura.Duration) (out enrol.OfferResult, err error) {
	const op = "app.OfferDevice"
	res, err := c.submit(tc, enrol.IntentOffer, enrol.OfferIntent{Life: life})
	if err != nil {
		return out, err
	}
	if len(res.Payload) == 0 {
		return out, lost(op, "the line was made, but it was lost: make another")
	}
	if err := fact.Unmarshal(res.Payload, &out); err != nil {
		return out, aura.Errorf(op, aura.Corrupt, "the line was made, but the agent gave none: %w", err)
	}
	return out, nil
}

// Enrolments returns all enrolments of devices, those that wait first.
func (c *Core) Enrolments(tc task.Context) ([]enrol.Enrolment, error) {
	var s enrol.State
	err := watch(tc, c.bridge, fact.Selection{Kinds: []string{enrol.Kinds}}, func(up fact.Update) error {
		take(up.Records, s.Apply)
		return nil
	})
	return s.Enrolments(tc.Now()), err
}

// WaitEnrolment waits until an enrolment is past a phase, and returns it. It returns [aura.NotFound] for one that is not
// known, and tc's error if that comes first.
func (c *Core) WaitEnrolment(tc task.Context, id enrol.ID, past enrol.Phase) (last enrol.Enrolment, err error) {
	err = renewed(func() error {
		var s enrol.State
		return watch(tc, c.bridge, fact.Selection{Kinds: []string{enrol.Kinds}, Follow: true}, func(up fact.Update) error {
			take(up.Records, s.Apply)
			if !up.Live {
				return nil
			}
			var known bool
			if last, known = s.Enrolment(id, tc.Now()); !known {
				return aura.Errorf("app.WaitEnrolment", aura.NotFound, "there is no enrolment %s", id)
			}
			if last.Phase > past {
				return errSeen
			}
			return nil
		})
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return last, err
}

// ConfirmDevice says that both screens show the same digits, so that the device joins.
func (c *Core) ConfirmDevice(tc task.Context, id enrol.ID) error {
	_, err := c.submit(tc, enrol.IntentConfirm, enrol.AnswerIntent{ID: id})
	return err
}

// RefuseDevice says that a device is not to join, or that a line serves no more.
func (c *Core) RefuseDevice(tc task.Context, id enrol.ID) error {
	_, err := c.submit(tc, enrol.IntentRefuse, enrol.AnswerIntent{ID: id})
	return err
}

// RemoveDevice lists a device of the account no more, and tells the contacts. It returns [aura.Denied] while the root key is
// not on this device, and [aura.NotFound] or [aura.Invalid] for a last message that is not here or not of the device.
func (c *Core) RemoveDevice(tc task.Context, in device.RemoveIntent) (out device.RemoveResult, err error) {
	res, err := c.submit(tc, device.IntentRemove, in)
	if err == nil && len(res.Payload) > 0 { // the answer to a call that was repeated has none
		err = fact.Unmarshal(res.Payload, &out)
	}
	return out, err
}
