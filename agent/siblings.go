package agent

import (
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/service"
)

// Siblings keeps the history of this device the same as that of the account's other devices.
func (a *Agent) Siblings() *service.Siblings { return a.siblings }

// synced returns how far the other devices of the account are.
func (a *Agent) synced() (all device.SyncList) {
	for _, p := range a.env.Directory.Peers() {
		if p.Own {
			all.Devices = append(all.Devices, a.siblings.Sync(p.Device.ID()))
		}
	}
	return all
}
