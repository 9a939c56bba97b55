;; adler32 (RFC 1950) of the bytes that lie at 0 … $n of the memory, begun from $sum: 32 bytes a turn.
;; For a block of m bytes d[0] … d[m-1]:  a' = a + Σ d[i];  b' = b + m·a + Σ (m-i)·d[i], both modulo 65521.
(module
  (memory (export "memory") 2)
  (func (export "adler32") (param $sum i32) (param $n i32) (result i32)
    (local $a i32) (local $b i32) (local $at i32) (local $end i32)
    (local $before v128) (local $bytes v128) (local $weighed v128) (local $low v128) (local $high v128)
    (local.set $a (i32.and (local.get $sum) (i32.const 0xffff)))
    (local.set $b (i32.shr_u (local.get $sum) (i32.const 16)))
    (block $done
      (loop $blocks
        ;; 5536 is the largest multiple of 32 below 5552, after which b may outgrow 32 bits (zlib: NMAX).
        (local.set $end (i32.and (i32.sub (local.get $n) (local.get $at)) (i32.const -32)))
        (br_if $done (i32.eqz (local.get $end)))
        (if (i32.gt_u (local.get $end) (i32.const 5536)) (then (local.set $end (i32.const 5536))))
        (local.set $b (i32.add (local.get $b) (i32.mul (local.get $a) (local.get $end))))
        (local.set $end (i32.add (local.get $at) (local.get $end)))
        (local.set $before (v128.const i32x4 0 0 0 0))
        (local.set $bytes (v128.const i32x4 0 0 0 0))
        (local.set $weighed (v128.const i32x4 0 0 0 0))
        (loop $turns
          (local.set $low (v128.load (local.get $at)))
          (local.set $high (v128.load offset=16 (local.get $at)))
          ;; What was summed before this turn counts once more for each of its 32 bytes.
          (local.set $before (i32x4.add (local.get $before) (local.get $bytes)))
          (local.set $bytes (i32x4.add (local.get $bytes) (i32x4.extadd_pairwise_i16x8_u
            (i16x8.add (i16x8.extadd_pairwise_i8x16_u (local.get $low)) (i16x8.extadd_pairwise_i8x16_u (local.get $high))))))
          (local.set $weighed (i32x4.add (local.get $weighed) (i32x4.add
            (i32x4.add
              (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $low)) (v128.const i16x8 32 31 30 29 28 27 26 25))
              (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $low)) (v128.const i16x8 24 23 22 21 20 19 18 17)))
            (i32x4.add
              (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $high)) (v128.const i16x8 16 15 14 13 12 11 10 9))
              (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $high)) (v128.const i16x8 8 7 6 5 4 3 2 1))))))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $turns (i32.lt_u (local.get $at) (local.get $end))))
        (local.set $weighed (i32x4.add (local.get $weighed) (i32x4.shl (local.get $before) (i32.const 5))))
        (local.set $a (i32.rem_u (i32.add (local.get $a) (call $across (local.get $bytes))) (i32.const 65521)))
        (local.set $b (i32.rem_u (i32.add (local.get $b) (call $across (local.get $weighed))) (i32.const 65521)))
        (br $blocks)))
    ;; The last few.
    (block $over
      (loop $each
        (br_if $over (i32.ge_u (local.get $at) (local.get $n)))
        (local.set $a (i32.add (local.get $a) (i32.load8_u (local.get $at))))
        (local.set $b (i32.add (local.get $b) (local.get $a)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $each)))
    (i32.or (i32.rem_u (local.get $a) (i32.const 65521)) (i32.shl (i32.rem_u (local.get $b) (i32.const 65521)) (i32.const 16))))
  (func $across (param $lanes v128) (result i32)
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
      (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes))))))
