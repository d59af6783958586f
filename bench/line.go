// A line between a client and a server: each byte takes a while, and each connection carries only so
// much a second, as those to S3 from the same region do.
//
// line LISTEN SERVER ROUND_TRIP_MS MEGABYTES_PER_SECOND
package main

import (
	"log"
	"net"
	"os"
	"strconv"
	"time"
)

// What was read, and when it arrives at the other end.
type piece struct {
	content []byte
	arrives time.Time
}

const pieceSize = 64 << 10

// How many pieces may be under way in one direction of a connection.
const window = 64

func main() {
	roundTrip := time.Duration(number(3)) * time.Millisecond
	line := line{delay: roundTrip / 2, rate: float64(number(4)) * 1e6}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			// The handshake.
			time.Sleep(roundTrip)
			server, err := net.Dial("tcp", os.Args[2])
			if err != nil {
				client.Close()
				return
			}
			go line.carry(client, server)
			line.carry(server, client)
		}()
	}
}

func number(at int) int {
	value, err := strconv.Atoi(os.Args[at])
	if err != nil {
		log.Fatal(err)
	}
	return value
}

type line struct {
	delay time.Duration
	// Bytes a second.
	rate float64
}

// Carries what one end sends to the other, and then its end.
func (l line) carry(from, to net.Conn) {
	defer from.Close()
	from.(*net.TCPConn).SetReadBuffer(window * pieceSize / 4)
	pieces := make(chan piece, window)
	go func() {
		defer close(pieces)
		for {
			content := make([]byte, pieceSize)
			count, err := from.Read(content)
			if count > 0 {
				pieces <- piece{content[:count], time.Now().Add(l.delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	free := time.Now()
	failed := false
	for one := range pieces {
		if failed {
			continue
		}
		time.Sleep(time.Until(one.arrives))
		// Sleep is late by a while, which the next pieces make up for.
		if earliest := time.Now().Add(-5 * time.Millisecond); free.Before(earliest) {
			free = earliest
		}
		free = free.Add(time.Duration(float64(len(one.content)) / l.rate * 1e9))
		time.Sleep(time.Until(free))
		if _, err := to.Write(one.content); err != nil {
			failed = true
			from.Close()
		}
	}
	to.(*net.TCPConn).CloseWrite()
}
