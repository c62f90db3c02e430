-- Sagas of earlier versions wait for their parcel without a timer: woken once, they ask where it is and go on asking.
UPDATE "sagas" SET "wake_at" = CURRENT_TIMESTAMP
 WHERE "wake_at" IS NULL AND "status" IN ('running', 'compensating', 'needs_attention')
   AND "state"->>'parcel' IN ('booked', 'dispatched');
