package invite

import (
	"cmp"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// An address in a code is one byte of flags, the IP address and the port. One entry can stand for both
// transports of one port, which is how agents listen.
const (
	flagQUIC = 1
	flagTCP  = 2
	flagIPv6 = 4
	flagsAll = flagQUIC | flagTCP | flagIPv6
)

var errAddresses = errors.New("the invitation is damaged among its addresses")

type address struct {
	ip        netip.Addr
	port      uint16
	transport byte // flagQUIC, flagTCP or both
}

// FitAddresses returns the multiaddresses that fit into so many bytes of a code, best first: public before private before
// loopback, otherwise in the given order. Others than plain IP over QUIC or TCP do not fit.
func FitAddresses(multiaddrs []string, room int) []string {
	var fitting []address
	for _, a := range ranked(multiaddrs) {
		if size := 3 + len(a.ip.AsSlice()); size <= room {
			room -= size
			fitting = append(fitting, a)
		}
	}
	return texts(fitting)
}

// ranked parses what can be parsed and merges both transports of one port.
func ranked(multiaddrs []string) []address {
	var all []address
	for _, text := range multiaddrs {
		a, ok := parseMultiaddr(text)
		if !ok || a.ip.IsUnspecified() {
			continue
		}
		same := func(b address) bool { return b.ip == a.ip && b.port == a.port }
		if i := slices.IndexFunc(all, same); i >= 0 {
			all[i].transport |= a.transport
		} else {
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b address) int { return cmp.Compare(reach(a.ip), reach(b.ip)) })
	return all
}

// reach says how few can use an address: smaller is better.
func reach(ip netip.Addr) int {
	switch {
	case ip.IsLoopback():
		return 3
	case ip.IsLinkLocalUnicast():
		return 2
	case ip.IsPrivate():
		return 1
	}
	return 0
}

func parseMultiaddr(text string) (a address, ok bool) {
	parts := strings.Split(text, "/")
	if len(parts) < 5 || parts[0] != "" {
		return a, false
	}
	ip, err := netip.ParseAddr(parts[2])
	port, portErr := strconv.ParseUint(parts[4], 10, 16)
	family := parts[1] == "ip4" && ip.Is4() || parts[1] == "ip6" && ip.Is6() && !ip.Is4In6() && ip.Zone() == ""
	if err != nil || portErr != nil || port == 0 || !family {
		return a, false
	}
	a = address{ip: ip, port: uint16(port)}
	switch {
	case len(parts) == 5 && parts[3] == "tcp":
		a.transport = flagTCP
	case len(parts) == 6 && parts[3] == "udp" && parts[5] == "quic-v1":
		a.transport = flagQUIC
	}
	return a, a.transport != 0
}

func texts(all []address) []string {
	var out []string
	for _, a := range all {
		head := "/ip4/"
		if a.ip.Is6() {
			head = "/ip6/"
		}
		head += a.ip.String()
		port := strconv.Itoa(int(a.port))
		if a.transport&flagQUIC != 0 {
			out = append(out, head+"/udp/"+port+"/quic-v1")
		}
		if a.transport&flagTCP != 0 {
			out = append(out, head+"/tcp/"+port)
		}
	}
	return out
}

// AppendAddresses writes addresses that [FitAddresses] chose.
func AppendAddresses(b []byte, multiaddrs []string) []byte {
	for _, a := range ranked(multiaddrs) {
		flags := a.transport
		if a.ip.Is6() {
			flags |= flagIPv6
		}
		b = append(b, flags)
		b = append(b, a.ip.AsSlice()...)
		b = binary.BigEndian.AppendUint16(b, a.port)
	}
	return b
}

// ParseAddresses reads what [AppendAddresses] wrote, all of it.
func ParseAddresses(b []byte) ([]string, error) {
	var all []address
	for len(b) > 0 {
		flags, size := b[0], 4
		if flags&flagIPv6 != 0 {
			size = 16
		}
		if flags&^byte(flagsAll) != 0 || flags&(flagQUIC|flagTCP) == 0 || len(b) < 1+size+2 {
			return nil, errAddresses
		}
		ip, _ := netip.AddrFromSlice(b[1 : 1+size])
		all = append(all, address{ip: ip, port: binary.BigEndian.Uint16(b[1+size:]), transport: flags &^ flagIPv6})
		b = b[1+size+2:]
	}
	return texts(all), nil
}
